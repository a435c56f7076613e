import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import type { StoredCode } from '../../../src/blocks/workspace/lane-api.ts';
import { deny } from '../../../src/core/errors/denial.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { LOWEST_LABEL } from '../../../src/core/policy/labels.ts';
import { err } from '../../../src/core/primitives/result.ts';
import { createTicketSigner } from '../../../src/tiers/ticket.ts';
import { MAX_HTTP_REQUESTS } from '../../../src/tiers/wasm/call-host.ts';
import { RETENTION_MS } from '../../../src/tiers/wasm/lane-store.ts';
import { MAX_TICKET_MS } from '../../../src/tiers/wasm/used-tickets.ts';
import type { WasmLaneApi } from '../../../src/tiers/wasm/wasm-lane-api.ts';
import type { WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';
import { callOf, claimsOf, sign, toTurn } from '../support/claims.ts';
import { hardened } from '../support/fixtures.ts';
import { inScene, type LaneScene, laneScene, send } from '../support/lane.ts';
import { LIMITS } from '../support/limits.ts';

const GET = JSON.stringify({ url: 'https://api.example.org/' });

const run = (scene: LaneScene, claims: TicketClaims, input = '{}') =>
  scene.inLane((lane) => send(lane, claims, input));

/** Claims of a call that asks the network. */
function asking(
  scene: LaneScene,
  entry: string,
  changes: Partial<TicketClaims> = {},
): TicketClaims {
  const wasm = { entry, limits: LIMITS };
  return inScene(
    scene,
    claimsOf({ codeHash: 'network', plugin: 'network', wasm, ...changes }, GET),
  );
}

/** An outcome goes to disk with the next write, or a moment later. */
const onDisk = () => new Promise((resolve) => setTimeout(resolve, 200));

describe('run()', () => {
  test('runs the call of a ticket and leaves a receipt', async () => {
    const scene = laneScene();
    const input = '{"a":1}';
    const claims = inScene(scene, claimsOf({}, input));
    const outcome = await run(scene, claims, input);
    expect(outcome).toMatchObject({ kind: 'ok', output: input, cost: { memoryPages: 1 } });
    expect(outcome).toMatchObject({
      receipt: { codeHash: claims.codeHash, argumentHash: claims.argumentHash, revision: 1 },
    });
    expect(outcome.cost.fuel).toBeGreaterThan(0);
  });

  test.each([
    ['loop', 'fuel'],
    ['recurse', 'stack'],
    ['grow', 'memory'],
    ['unreachable', 'trap'],
    ['flood', 'output_too_large'],
    ['status', 'plugin_error'],
  ])('answers %s with %s', async (entry, reason) => {
    const scene = laneScene();
    expect(await run(scene, inScene(scene, callOf(entry)))).toMatchObject({
      kind: 'failed',
      reason,
    });
  });

  test('works through the binding, as the gateway calls it', async () => {
    const { WASM_LANES } = env as unknown as WasmTierBindings;
    const claims = claimsOf({ workspace: 'acme-binding', deadlineAt: 0 });
    const lane: WasmLaneApi = WASM_LANES.getByName('acme-binding');
    expect(await send(lane, claims, '{}')).toMatchObject({ reason: 'deadline' });
    expect(await lane.recall(claims.callKey)).toBeUndefined();
    await lane.cancel(claims.callKey);
  });

  test('refuses code that this deployment cannot run', async () => {
    const scene = laneScene({ hasLoader: false });
    expect(await run(scene, inScene(scene, claimsOf()))).toMatchObject({
      kind: 'failed',
      reason: 'tier_unavailable',
    });
  });

  test.each([
    ['is unknown', async () => undefined],
    ['cannot be had', () => Promise.reject(new Error('lost'))],
    ['does not load', async () => ({ kind: 'hardened', hardened: new Uint8Array([1]) }) as const],
  ])('refuses code that %s', async (_, code) => {
    const scene = laneScene({ code });
    expect(await run(scene, inScene(scene, claimsOf()))).toMatchObject({
      reason: 'tier_unavailable',
    });
  });
});

describe('a ticket', () => {
  const refused = { kind: 'failed', reason: 'ticket_refused' };

  test('is refused under another key', async () => {
    const scene = laneScene();
    const claims = inScene(scene, claimsOf());
    const forger = createTicketSigner(new Uint8Array(32));
    const answer = scene.inLane(async (lane) =>
      lane.run(forger.sign(claims, await lane.life()), '{}'),
    );
    expect(await answer).toMatchObject(refused);
  });

  test('is refused by the lane of another workspace', async () => {
    const scene = laneScene();
    const claims = { ...inScene(scene, claimsOf()), workspace: 'other' };
    expect(await run(scene, claims)).toMatchObject(refused);
  });

  test('is refused for other arguments than it names', async () => {
    const scene = laneScene();
    const claims = inScene(scene, claimsOf({}, '{"a":1}'));
    expect(await run(scene, claims, '{"a":2}')).toMatchObject(refused);
    expect(await run(scene, claims, '{ "a":1}')).toMatchObject(refused);
  });

  test('is refused for another tier, and without limits', async () => {
    const scene = laneScene();
    expect(await run(scene, inScene(scene, claimsOf({ tier: 'process' })))).toMatchObject(refused);
    const { wasm: _, ...bare } = inScene(scene, claimsOf());
    expect(await run(scene, bare)).toMatchObject(refused);
  });

  test('is refused at its deadline, and not before', async () => {
    const scene = laneScene();
    const late = inScene(scene, claimsOf({ deadlineAt: Date.now() }));
    expect(await run(scene, late)).toMatchObject({ kind: 'failed', reason: 'deadline' });
    const early = inScene(scene, claimsOf({ deadlineAt: Date.now() + 5_000 }));
    expect(await run(scene, early)).toMatchObject({ kind: 'ok' });
  });

  test('is good once', async () => {
    const scene = laneScene();
    const claims = inScene(scene, claimsOf());
    const both = await scene.inLane((lane) =>
      Promise.all([send(lane, claims, '{}'), send(lane, claims, '{}')]),
    );
    expect(both).toMatchObject([{ kind: 'ok' }, refused]);
  });

  test('is good in one life of the lane: any other names itself, and runs nothing', async () => {
    const scene = laneScene();
    const claims = inScene(scene, callOf('echo'));
    const ticket = sign(claims, await scene.inLane((lane) => lane.life()));
    const inOther = await scene.inLane(async (lane) => [
      await lane.run(ticket, '{}'),
      { kind: 'other-life', life: await lane.life() },
    ]);
    expect(inOther[0]).toEqual(inOther[1]);
    expect(await scene.inLane((lane) => lane.recall(claims.callKey))).toBeUndefined();
  });

  test('has no life of its own making: the name is part of what is signed', async () => {
    const scene = laneScene();
    const [payload = '', , mac = ''] = sign(inScene(scene, claimsOf()), 'another').split('.');
    const answer = scene.inLane(async (lane) =>
      lane.run(`${payload}.${await lane.life()}.${mac}`, '{}'),
    );
    expect(await answer).toMatchObject(refused);
  });

  test('is refused if it is good for longer than a lane remembers', async () => {
    const scene = laneScene();
    const until = (ms: number) => inScene(scene, claimsOf({ deadlineAt: Date.now() + ms }));
    expect(await run(scene, until(MAX_TICKET_MS))).toMatchObject({ kind: 'ok' });
    expect(await run(scene, until(MAX_TICKET_MS + 60_000))).toMatchObject(refused);
  });

  test('is used up by a call that failed', async () => {
    const scene = laneScene();
    const claims = inScene(scene, callOf('unreachable'));
    const answers = await scene.inLane(async (lane) => [
      await send(lane, claims),
      await send(lane, claims),
    ]);
    expect(answers).toMatchObject([{ reason: 'trap' }, refused]);
  });

  test('is not used up by a refusal', async () => {
    const scene = laneScene();
    const claims = inScene(scene, claimsOf({}, '{}'));
    const answers = await scene.inLane(async (lane) => [
      await send(lane, claims, '{"a":1}'),
      await send(lane, claims),
    ]);
    expect(answers).toMatchObject([refused, { kind: 'ok' }]);
  });

  test('of an older run of the turn is refused', async () => {
    const scene = laneScene();
    const turn = toTurn();
    const at = (epoch: number, index: number) =>
      inScene(scene, claimsOf({ callKey: `${turn}/0/${index}`, epoch }));
    const answers = await scene.inLane(async (lane) => [
      await send(lane, at(2, 0)),
      await send(lane, at(1, 1)),
      await send(lane, at(3, 2)),
      await send(lane, at(2, 3)),
    ]);
    expect(answers).toMatchObject([{ kind: 'ok' }, refused, { kind: 'ok' }, refused]);
  });

  test('of another turn has epochs of its own', async () => {
    const scene = laneScene();
    const at = (epoch: number) => inScene(scene, claimsOf({ epoch }));
    const answers = await scene.inLane(async (lane) => [
      await send(lane, at(9)),
      await send(lane, at(1)),
    ]);
    expect(answers).toMatchObject([{ kind: 'ok' }, { kind: 'ok' }]);
  });

  test('for a call whose outcome was lost is good for a newer run, and for no other', async () => {
    const scene = laneScene();
    const callKey = `${toTurn()}/0/0`;
    const at = (epoch: number, entry: string) => inScene(scene, callOf(entry, { callKey, epoch }));
    const answers = await scene.inLane(async (lane, { storage }) => {
      const lose = async () => {
        await onDisk();
        storage.sql.exec('DELETE FROM outcomes');
      };
      const first = await send(lane, at(1, 'echo'));
      const known = await send(lane, at(2, 'echo'));
      await lose();
      const same = await send(lane, at(1, 'echo'));
      return [first, known, same, await send(lane, at(2, 'echo'))];
    });
    expect(answers).toMatchObject([{ kind: 'ok' }, refused, refused, { kind: 'ok' }]);
  });
});

describe('recall()', () => {
  test('gives back how a call ended at once, before it is on disk', async () => {
    const scene = laneScene();
    const claims = inScene(scene, callOf('echo'));
    const [outcome, recalled] = await scene.inLane(async (lane) => [
      await send(lane, claims, '{}'),
      await lane.recall(claims.callKey),
    ]);
    expect(recalled).toEqual(outcome);
  });

  test('gives back how a call ended, good or bad, after a loss of memory too', async () => {
    const scene = laneScene();
    for (const entry of ['echo', 'loop']) {
      const claims = inScene(scene, callOf(entry));
      const outcome = await run(scene, claims);
      await onDisk();
      expect(await scene.inLane((lane) => lane.recall(claims.callKey))).toEqual(outcome);
    }
  });

  test('knows nothing of calls that never came, or that were lost', async () => {
    const scene = laneScene();
    const claims = inScene(scene, claimsOf());
    expect(await scene.inLane((lane) => lane.recall(claims.callKey))).toBeUndefined();
    await run(scene, claims);
    await onDisk();
    await scene.inLane(async (_, state) => state.storage.sql.exec('DELETE FROM outcomes'));
    expect(await scene.inLane((lane) => lane.recall(claims.callKey))).toBeUndefined();
  });

  test('waits for a call that is under way', async () => {
    const response = Promise.withResolvers<Response>();
    const scene = laneScene({ fetch: () => response.promise });
    const claims = asking(scene, 'body');
    const recalled = await scene.inLane(async (lane) => {
      const running = send(lane, claims, GET);
      const recall = lane.recall(claims.callKey);
      response.resolve(new Response('late'));
      return [await recall, await running];
    });
    expect(recalled[0]).toMatchObject({ kind: 'ok', output: 'late' });
    expect(recalled[0]).toEqual(recalled[1]);
  });

  test('forgets after an hour, when the alarm comes', async () => {
    const scene = laneScene();
    const claims = inScene(scene, claimsOf());
    await run(scene, claims);
    await onDisk();
    const alarmAt = await scene.inLane((_, state) => state.storage.getAlarm());
    expect(alarmAt).toBeGreaterThan(Date.now() + RETENTION_MS - 60_000);

    const { WASM_LANES } = env as unknown as { WASM_LANES: DurableObjectNamespace };
    const stub = WASM_LANES.getByName(scene.workspace);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await scene.inLane((lane) => lane.recall(claims.callKey))).toBeDefined();
    expect(await scene.inLane((_, state) => state.storage.getAlarm())).not.toBeNull();

    vi.useFakeTimers({ now: Date.now() + RETENTION_MS + 60_000, toFake: ['Date'] });
    try {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      expect(await scene.inLane((lane) => lane.recall(claims.callKey))).toBeUndefined();
      expect(await scene.inLane((_, state) => state.storage.getAlarm())).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a host call', () => {
  test('is put to the session with the claims of the ticket', async () => {
    const scene = laneScene();
    const claims = asking(scene, 'body');
    expect(await run(scene, claims, GET)).toMatchObject({ kind: 'ok', output: 'hello' });
    expect(scene.asked).toEqual([
      {
        claims,
        capability: 'tool:network:http:api.example.org:443',
        outward: true,
        read: LOWEST_LABEL,
        privateAddress: false,
      },
    ]);
  });

  test.each([
    [deny('capability', 'principal_grant_missing'), 'host_denied'],
    [deny('sanitise', 'private_address'), 'host_denied'],
    [deny('dispatch', 'cancelled'), 'cancelled'],
    [deny('dispatch', 'ticket_refused'), 'ticket_refused'],
  ])('that the session denies (%j) ends the call as %s', async (denial, reason) => {
    const fetch = vi.fn(async () => new Response('hello'));
    const scene = laneScene({ authorize: () => err(denial), fetch });
    expect(await run(scene, asking(scene, 'flood'), GET)).toMatchObject({ kind: 'failed', reason });
    expect(fetch).not.toHaveBeenCalled();
    expect(scene.asked).toHaveLength(1);
  });

  test('is denied when the session cannot be asked, or was never issued', async () => {
    const scene = laneScene({ authorize: () => Promise.reject(new Error('lost')) });
    expect(await run(scene, asking(scene, 'body'), GET)).toMatchObject({ reason: 'host_denied' });
    const stranger = { ...asking(scene, 'body'), session: `ses_${'0'.repeat(44)}` };
    expect(await run(scene, stranger, GET)).toMatchObject({ reason: 'host_denied' });
    expect(scene.asked).toHaveLength(1);
  });

  test(`is made ${MAX_HTTP_REQUESTS} times in a call, and not once more`, async () => {
    const fetch = vi.fn(async () => new Response('hello'));
    const scene = laneScene({ fetch });
    expect(await run(scene, asking(scene, 'flood'), GET)).toMatchObject({ reason: 'host_denied' });
    expect(fetch).toHaveBeenCalledTimes(MAX_HTTP_REQUESTS);
  });

  test('to a private address is asked as such, and refused unless exempt', async () => {
    const fetch = vi.fn(async () => new Response('hello'));
    const scene = laneScene({ fetch });
    const request = JSON.stringify({ url: 'http://127.0.0.1:8787/' });
    const wasm = { entry: 'body', limits: LIMITS };
    const claims = claimsOf({ codeHash: 'network', plugin: 'network', wasm }, request);
    expect(await run(scene, inScene(scene, claims), request)).toMatchObject({
      reason: 'host_denied',
    });
    expect(scene.asked).toMatchObject([{ privateAddress: true }]);
    expect(fetch).not.toHaveBeenCalled();
  });

  test('lets other calls of the workspace run while it lasts', async () => {
    const response = Promise.withResolvers<Response>();
    const scene = laneScene({ fetch: () => response.promise });
    const order = await scene.inLane(async (lane) => {
      const order: string[] = [];
      const slow = send(lane, asking(scene, 'body'), GET).then(() => order.push('slow'));
      await send(lane, inScene(scene, callOf('echo')), '{}').then(() => order.push('quick'));
      response.resolve(new Response(''));
      await slow;
      return order;
    });
    expect(order).toEqual(['quick', 'slow']);
  });

  test('ends with the time of the call', async () => {
    const aborted = vi.fn();
    const scene = laneScene({
      fetch: (_, init) => {
        init?.signal?.addEventListener('abort', aborted);
        return new Promise(() => {});
      },
    });
    const wasm = { entry: 'body', limits: { ...LIMITS, timeoutMs: 50 } };
    expect(await run(scene, asking(scene, 'body', { wasm }), GET)).toMatchObject({
      kind: 'failed',
      reason: 'timeout',
    });
    expect(aborted).toHaveBeenCalled();
  });

  test('ends with the deadline of the ticket', async () => {
    const scene = laneScene({ fetch: () => new Promise(() => {}) });
    // Long enough to begin an isolate on a busy machine.
    const deadlineAt = Date.now() + 500;
    expect(await run(scene, asking(scene, 'body', { deadlineAt }), GET)).toMatchObject({
      reason: 'timeout',
    });
  });
});

describe('cancel()', () => {
  test('ends a call that waits for its host, and drops what comes later', async () => {
    const response = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    const scene = laneScene({
      fetch: () => {
        asked.resolve();
        return response.promise;
      },
    });
    const claims = asking(scene, 'body');
    const outcome = await scene.inLane(async (lane) => {
      const running = send(lane, claims, GET);
      await asked.promise;
      await lane.cancel(claims.callKey);
      response.resolve(new Response('late'));
      return running;
    });
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    await onDisk();
    expect(await scene.inLane((lane) => lane.recall(claims.callKey))).toEqual(outcome);
  });

  test('ends a call before it runs, and lets the others go on', async () => {
    const scene = laneScene();
    const cancelled = inScene(scene, callOf('echo'));
    const outcomes = await scene.inLane(async (lane) => {
      const running = [callOf('loop'), cancelled, callOf('echo')].map((claims) =>
        send(lane, inScene(scene, claims), '{}'),
      );
      await lane.cancel(cancelled.callKey);
      return Promise.all(running);
    });
    expect(outcomes).toMatchObject([{ reason: 'fuel' }, { reason: 'cancelled' }, { kind: 'ok' }]);
  });

  test('runs nothing of a call whose code is still on its way', async () => {
    const code = Promise.withResolvers<StoredCode>();
    const asked = Promise.withResolvers<void>();
    const scene = laneScene({
      code: () => {
        asked.resolve();
        return code.promise;
      },
    });
    const claims = inScene(scene, callOf('echo'));
    const outcome = await scene.inLane(async (lane) => {
      const running = send(lane, claims);
      await asked.promise;
      await lane.cancel(claims.callKey);
      code.resolve({ kind: 'hardened', hardened: hardened('hostile') });
      return running;
    });
    expect(outcome).toEqual({ kind: 'failed', reason: 'cancelled', cost: { durationMs: 0 } });
  });

  test('of an unknown call changes nothing', async () => {
    const scene = laneScene();
    await scene.inLane((lane) => lane.cancel('turn_x/0/0'));
    expect(await run(scene, inScene(scene, claimsOf()))).toMatchObject({ kind: 'ok' });
  });
});

describe('endless loops', () => {
  test('leave other workspaces and objects responsive', async () => {
    const busy = laneScene();
    const other = laneScene();
    const limits = { ...LIMITS, fuel: 100_000_000 };
    const looping = Array.from({ length: 5 }, () =>
      run(busy, inScene(busy, callOf('loop', { wasm: { entry: 'loop', limits } }))),
    );
    const finished: string[] = [];
    await Promise.all([
      ...looping.map((outcome) => outcome.then(() => finished.push('loop'))),
      run(other, inScene(other, claimsOf())).then((outcome) => {
        expect(outcome).toMatchObject({ kind: 'ok' });
        finished.push('other');
      }),
    ]);
    expect(finished).toHaveLength(6);
    expect(finished.at(-1)).toBe('loop');
    expect(await Promise.all(looping)).toMatchObject(looping.map(() => ({ reason: 'fuel' })));
  });
});
