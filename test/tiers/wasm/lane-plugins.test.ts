/** What a workspace asks of its lane about plugins as a whole. */

import { describe, expect, test, vi } from 'vitest';
import type { StartPlugin, StoredCode } from '../../../src/blocks/workspace/lane-api.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { LanePlugins } from '../../../src/tiers/wasm/lane-plugins.ts';
import { MAX_CALLS_INSIDE, Turnstile } from '../../../src/tiers/wasm/turnstile.ts';
import { WithdrawnPlugins } from '../../../src/tiers/wasm/withdrawn-plugins.ts';
import { hardenModule } from '../../../src/wasm-hardening/harden.ts';
import { DEFAULT_HARDENING_POLICY } from '../../../src/wasm-hardening/hardening-policy.ts';
import { eventually } from '../../support/eventually.ts';
import { callOf, claimsOf } from '../support/claims.ts';
import { upload } from '../support/fixtures.ts';
import { inScene, type LaneScene, laneScene, send } from '../support/lane.ts';
import { LIMITS } from '../support/limits.ts';
import { buildModule } from '../support/module-builder.ts';

const GET = JSON.stringify({ url: 'https://api.example.org/' });
const FAILED_START = { end: 'trap', output: '', fuel: 0, memoryPages: 0, suspendedMs: 0 } as const;
const STOPPED = { kind: 'failed', reason: 'plugin_stopped' };

/** Claims of a call that asks the network. */
function asking(scene: LaneScene, changes: Partial<TicketClaims> = {}): TicketClaims {
  const wasm = { entry: 'body', limits: LIMITS };
  return inScene(
    scene,
    claimsOf({ codeHash: 'network', plugin: 'network', wasm, ...changes }, GET),
  );
}

/** A network whose answers are given by hand. */
function slowNetwork() {
  const waiting: ((response: Response) => void)[] = [];
  const fetch = vi.fn(() => new Promise<Response>((resolve) => waiting.push(resolve)));
  return {
    fetch,
    waiting,
    answer: () => waiting.shift()?.(new Response('late')),
    /** Calls have that many requests under way. */
    hasWaiting: (count: number) =>
      eventually(() => expect(waiting.length).toBeGreaterThanOrEqual(count)),
  };
}

function codeOf(module: Uint8Array): () => Promise<StoredCode> {
  const result = hardenModule(module, DEFAULT_HARDENING_POLICY);
  if (!result.ok) throw new Error(result.error.message);
  const { bytes } = result.value;
  return async () => ({ kind: 'hardened', hardened: bytes });
}

describe('startPlugin()', () => {
  const start = (scene: LaneScene, changes: Partial<StartPlugin> = {}) =>
    scene.inLane((lane) =>
      lane.startPlugin({
        workspace: scene.workspace,
        plugin: 'tried',
        version: '1.2.3',
        codeHash: 'hostile',
        limits: LIMITS,
        ...changes,
      }),
    );

  test.each([
    ['a module without a start function', 'hostile'],
    ['a reactor with an initialiser', 'ambient'],
    ['a module that can ask for the network', 'network'],
  ])('starts %s', async (_, codeHash) => {
    expect(await start(laneScene(), { codeHash })).toBe('started');
  });

  test('ends a start function that does not end by its fuel', async () => {
    expect(await start(laneScene(), { codeHash: 'start-loop' })).toBe('fuel');
  });

  test.each([
    [0, 'started'],
    [1, 'plugin_error'],
  ])('runs a self-test: %d is %s', async (returns, end) => {
    const code = codeOf(buildModule({ exports: ['sallyport_self_test'], returns }));
    expect(await start(laneScene({ code }))).toBe(end);
  });

  test('keeps what a start that failed has said, for as long as what calls say', async () => {
    const code = codeOf(buildModule({ exports: ['sallyport_self_test'], returns: 1 }));
    const scene = laneScene({ code });
    expect(await start(scene)).toBe('plugin_error');
    expect(await start(scene, { codeHash: 'other' })).toBe('plugin_error');
    await scene.inLane(async (lane, { storage }) => {
      const log = {
        ...{ at: expect.any(Number), version: '1.2.3', outcome: 'plugin_error', dropped: 0 },
        lines: [{ level: 'error', text: 'The entry must return 0, and returned 1' }],
      };
      await eventually(async () => expect(await lane.pluginLogs('tried')).toEqual([log, log]));
      expect(await storage.getAlarm()).not.toBeNull();
    });
  });

  test('has an entry for a start that failed without a word, and none for one that did not', async () => {
    const scene = laneScene();
    expect(await start(scene)).toBe('started');
    expect(await start(scene, { codeHash: 'start-loop' })).toBe('fuel');
    await scene.inLane(async (lane) => {
      await eventually(async () =>
        expect(await lane.pluginLogs('tried')).toMatchObject([{ outcome: 'fuel', lines: [] }]),
      );
    });
  });

  test('lets a self-test reach nothing: it acts for nobody', async () => {
    const { fetch } = slowNetwork();
    const scene = laneScene({ fetch, code: codeOf(upload('self-test')) });
    expect(await start(scene)).toBe('host_denied');
    expect(scene.asked).toEqual([]);
    expect(fetch).not.toHaveBeenCalled();
  });

  test.each([
    ['is unknown', async () => undefined],
    ['cannot be had', () => Promise.reject(new Error('lost'))],
    ['does not load', async () => ({ kind: 'hardened', hardened: new Uint8Array([1]) }) as const],
  ])('starts no code that %s', async (_, code) => {
    expect(await start(laneScene({ code }))).toBe('tier_unavailable');
  });

  test('starts nothing for another workspace', async () => {
    expect(await start(laneScene(), { workspace: 'other' })).toBe('ticket_refused');
  });

  test('waits for its turn, as calls do', async () => {
    const scene = laneScene();
    const order = await scene.inLane(async (lane) => {
      const order: string[] = [];
      const { workspace } = scene;
      const started = {
        ...{ workspace, plugin: 'tried', version: '1.2.3' },
        ...{ codeHash: 'hostile', limits: LIMITS },
      };
      await Promise.all([
        send(lane, inScene(scene, callOf('echo')), '{}').then(() => order.push('call')),
        lane.startPlugin(started).then(() => order.push('start')),
      ]);
      return order;
    });
    expect(order).toEqual(['call', 'start']);
  });
});

describe('withdrawPlugins()', () => {
  const withdrawal = { plugin: 'network', revision: 5 };

  test('refuses calls that were approved before, and only those', async () => {
    const scene = laneScene();
    const outcomes = await scene.inLane(async (lane) => {
      await lane.withdrawPlugins([withdrawal]);
      return [
        await send(lane, asking(scene, { revision: 4 }), GET),
        await send(lane, asking(scene, { revision: 5 }), GET),
        await send(lane, inScene(scene, callOf('echo', { revision: 4 })), '{}'),
      ];
    });
    expect(outcomes).toMatchObject([STOPPED, { kind: 'ok' }, { kind: 'ok' }]);
  });

  test('holds for a lane that has lost its memory', async () => {
    const scene = laneScene();
    await scene.inLane((lane) => lane.withdrawPlugins([withdrawal]));
    await scene.inLane((lane) => lane.withdrawPlugins([{ ...withdrawal, revision: 3 }]));
    const claims = asking(scene, { revision: 4 });
    expect(await scene.inLane((lane) => send(lane, claims, GET))).toMatchObject(STOPPED);
  });

  test('uses up no ticket: nothing was run', async () => {
    const scene = laneScene();
    const claims = asking(scene, { revision: 4 });
    await scene.inLane(async (lane) => {
      await lane.withdrawPlugins([withdrawal]);
      await send(lane, claims, GET);
      expect(await send(lane, claims, GET)).toMatchObject(STOPPED);
      expect(await lane.recall(claims.callKey)).toBeUndefined();
    });
  });

  test('ends a call at its host call, and drops what comes later', async () => {
    const network = slowNetwork();
    const aborted = vi.fn();
    const scene = laneScene({
      fetch: (_, init) => {
        init?.signal?.addEventListener('abort', aborted);
        return network.fetch();
      },
    });
    const outcome = await scene.inLane(async (lane) => {
      const running = send(lane, asking(scene), GET);
      await network.hasWaiting(1);
      await lane.withdrawPlugins([withdrawal]);
      const ended = await running;
      network.answer();
      return ended;
    });
    expect(outcome).toMatchObject(STOPPED);
    expect(aborted).toHaveBeenCalled();
  });

  test('is answered before isolates are ended, for which a busy lane takes long', async () => {
    const retire = vi.fn(() => new Promise<never>(() => {}));
    const open = async () => ({ run: async () => ({ ...FAILED_START }) });
    await laneScene().inLane(async (_, { storage }) => {
      const plugins = new LanePlugins({
        ...{ runners: { open, retire }, turnstile: new Turnstile(), calls: () => [] },
        ...{ withdrawn: new WithdrawnPlugins(storage.sql), keepLog: () => {} },
      });
      await plugins.withdraw([withdrawal, { ...withdrawal, plugin: 'another' }]);
      const named = { workspace: 'w', plugin: 'tried', version: '1.0.0', codeHash: 'h' };
      expect(await plugins.start({ ...named, limits: LIMITS })).toBe('trap');
    });
    expect(retire.mock.calls).toEqual([['network'], ['another'], ['tried', 'h']]);
  });

  test('ends a call that waits for its turn before it runs', async () => {
    const network = slowNetwork();
    const scene = laneScene({ fetch: network.fetch });
    const outcomes = await scene.inLane(async (lane) => {
      // The same tick: the first runs, the second waits.
      const other = send(lane, inScene(scene, callOf('loop', { plugin: 'loops' })), '{}');
      const waiting = send(lane, asking(scene), GET);
      await lane.withdrawPlugins([withdrawal]);
      return [await waiting, await other];
    });
    expect(outcomes).toMatchObject([STOPPED, { reason: 'fuel' }]);
    expect(network.fetch).not.toHaveBeenCalled();
  });

  test('lets calls of other plugins go on', async () => {
    const network = slowNetwork();
    const scene = laneScene({ fetch: network.fetch });
    const outcome = await scene.inLane(async (lane) => {
      const running = send(lane, asking(scene, { plugin: 'another' }), GET);
      await network.hasWaiting(1);
      await lane.withdrawPlugins([withdrawal]);
      network.answer();
      return running;
    });
    expect(outcome).toMatchObject({ kind: 'ok', output: 'late' });
  });
});

describe('many plugins at once', () => {
  const PLUGINS = 14;

  test('queue beyond those that may be at work, and all are answered', async () => {
    const network = slowNetwork();
    const scene = laneScene({ fetch: network.fetch });
    let most = 0;
    const outcomes = await scene.inLane(async (lane) => {
      const running = Array.from({ length: PLUGINS }, (_, index) =>
        send(lane, asking(scene, { plugin: `p${index}` }), GET),
      );
      await network.hasWaiting(MAX_CALLS_INSIDE);
      for (let answered = 0; answered < PLUGINS; answered++) {
        await network.hasWaiting(1);
        most = Math.max(most, network.waiting.length);
        network.answer();
      }
      return Promise.all(running);
    });
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(PLUGINS).fill('ok'));
    expect(most).toBe(MAX_CALLS_INSIDE);
    expect(most).toBeLessThanOrEqual(10);
  });

  test('end as late where no place becomes free in time, and the rest go on', async () => {
    const network = slowNetwork();
    const scene = laneScene({ fetch: network.fetch });
    const outcomes = await scene.inLane(async (lane) => {
      const running = Array.from({ length: PLUGINS }, (_, index) => {
        const soon = index >= MAX_CALLS_INSIDE ? { deadlineAt: Date.now() + 300 } : {};
        return send(lane, asking(scene, { plugin: `p${index}`, ...soon }), GET);
      });
      const late = await Promise.all(running.slice(MAX_CALLS_INSIDE));
      await network.hasWaiting(MAX_CALLS_INSIDE);
      for (let answered = 0; answered < MAX_CALLS_INSIDE; answered++) network.answer();
      return [...(await Promise.all(running.slice(0, MAX_CALLS_INSIDE))), ...late];
    });
    const [inside, late] = [outcomes.slice(0, MAX_CALLS_INSIDE), outcomes.slice(MAX_CALLS_INSIDE)];
    expect(inside.map(({ kind }) => kind)).toEqual(Array(MAX_CALLS_INSIDE).fill('ok'));
    for (const outcome of late) {
      expect(outcome).toMatchObject({ kind: 'failed', reason: 'deadline' });
    }
  });
});
