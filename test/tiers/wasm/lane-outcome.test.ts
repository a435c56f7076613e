/** What a call has cost, however it ended, and what its plugin has said of it. */

import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../src/blocks/kit/keys.ts';
import { canonicalJson } from '../../../src/core/primitives/canonical-json.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import type { WasmClaims } from '../../../src/tiers/wasm/admit-ticket.ts';
import type { PluginReport } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import { LaneCall } from '../../../src/tiers/wasm/lane-call.ts';
import { awaitEnding } from '../../../src/tiers/wasm/lane-outcome.ts';
import { HARDENING_VERSION } from '../../../src/wasm-hardening/harden.ts';
import { callOf, claimsOf } from '../support/claims.ts';
import { inScene, type LaneScene, laneScene, send } from '../support/lane.ts';
import { LIMITS } from '../support/limits.ts';

const GET = JSON.stringify({ url: 'https://api.example.org/' });

function asking(scene: LaneScene, timeoutMs: number) {
  const wasm = { entry: 'body', limits: { ...LIMITS, timeoutMs } };
  return inScene(scene, claimsOf({ codeHash: 'network', plugin: 'network', wasm }, GET));
}

/** A call of the fixture that speaks. */
function speaking(scene: LaneScene, entry: string, input: string, config?: JsonObject) {
  const configHash = config && { configHash: sha256Hex(canonicalJson(config)) };
  const wasm = { entry, limits: LIMITS, ...configHash };
  return inScene(scene, claimsOf({ codeHash: 'extism', plugin: 'extism', wasm }, input));
}

describe('the cost of a call', () => {
  test.each([
    ['loop', 'fuel'],
    ['unreachable', 'trap'],
    ['grow', 'memory'],
    ['recurse', 'stack'],
    ['status', 'plugin_error'],
    ['flood', 'output_too_large'],
  ])('is known of %s, which ends as %s', async (entry, reason) => {
    const scene = laneScene();
    const outcome = await scene.inLane((lane) => send(lane, inScene(scene, callOf(entry)), '{}'));
    expect(outcome).toMatchObject({ kind: 'failed', reason });
    expect(outcome.cost.fuel).toBeGreaterThan(0);
    expect(outcome.cost.memoryPages).toBeGreaterThan(0);
    expect(outcome.cost.suspendedMs).toBe(0);
  });

  test('is known of a call that its time limit ended while it waited', async () => {
    const scene = laneScene({ fetch: () => new Promise(() => {}) });
    const outcome = await scene.inLane((lane) => send(lane, asking(scene, 300), GET));
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'timeout' });
    expect(outcome.cost.fuel).toBeGreaterThan(2_000);
    expect(outcome.cost.memoryPages).toBe(1);
    expect(outcome.cost.suspendedMs).toBeGreaterThan(30);
  });

  test('is known of a call that was cancelled while it waited', async () => {
    const asked = Promise.withResolvers<void>();
    const scene = laneScene({
      fetch: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    const claims = asking(scene, 10_000);
    const outcome = await scene.inLane(async (lane) => {
      const running = send(lane, claims, GET);
      await asked.promise;
      await lane.cancel(claims.callKey);
      return running;
    });
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    expect(outcome.cost.fuel).toBeGreaterThan(2_000);
  });
});

describe('awaitEnding()', () => {
  test('lets what ended a call stand, though its run comes to its own end a moment later', async () => {
    const call = new LaneCall(claimsOf() as WasmClaims, undefined);
    const { promise: running, resolve: report } = Promise.withResolvers<PluginReport>();
    const ending = awaitEnding(call, running);
    call.end('plugin_stopped');
    report({ end: 'ok', output: 'too late', fuel: 5, memoryPages: 1, suspendedMs: 0 });
    expect(await ending).toMatchObject({ end: 'plugin_stopped', report: { fuel: 5 } });
  });
});

describe('a receipt', () => {
  test('holds all that the fuel depends on', async () => {
    const scene = laneScene();
    const config = { greeting: 'hello' };
    const claims = speaking(scene, 'config', 'greeting', config);
    const outcome = await scene.inLane((lane) => send(lane, claims, 'greeting', config));
    expect(outcome).toMatchObject({
      kind: 'ok',
      output: 'hello',
      receipt: {
        codeHash: 'extism',
        argumentHash: sha256Hex('greeting'),
        outputHash: sha256Hex('hello'),
        configHash: sha256Hex('{"greeting":"hello"}'),
        hardeningVersion: HARDENING_VERSION,
        revision: 1,
        fuel: outcome.cost.fuel,
      },
    });
  });
});

describe('settings', () => {
  const refused = { kind: 'failed', reason: 'ticket_refused' };
  const config = { greeting: 'hello', count: 3, list: ['a'] };

  test('reach the plugin as texts, and everything else as JSON', async () => {
    const scene = laneScene();
    const read = async (name: string) => {
      const claims = speaking(scene, 'config', name, config);
      const outcome = await scene.inLane((lane) => send(lane, claims, name, config));
      return outcome.kind === 'ok' && outcome.output;
    };
    expect(await read('greeting')).toBe('hello');
    expect(await read('count')).toBe('3');
    expect(await read('list')).toBe('["a"]');
  });

  test('must be those that the ticket names', async () => {
    const scene = laneScene();
    const claims = speaking(scene, 'config', 'greeting', config);
    const offer = (offered?: JsonObject) =>
      scene.inLane((lane) => send(lane, claims, 'greeting', offered));
    expect(await offer({ ...config, greeting: 'other' })).toMatchObject(refused);
    expect(await offer()).toMatchObject(refused);
    expect(await offer({})).toMatchObject(refused);
    expect(await offer(config)).toMatchObject({ kind: 'ok' });
  });

  test('are refused where the ticket names none', async () => {
    const scene = laneScene();
    const claims = speaking(scene, 'config', 'greeting');
    const offer = (offered?: JsonObject) =>
      scene.inLane((lane) => send(lane, claims, 'greeting', offered));
    expect(await offer({})).toMatchObject(refused);
    expect(await offer()).toMatchObject({ kind: 'ok', output: '' });
  });
});

describe('pluginLogs()', () => {
  type Call = readonly [entry: string, input: string];

  /** Makes calls one after the other, and asks the same lane for the logs. */
  const speak = async (calls: readonly Call[], plugin = 'extism') => {
    const scene = laneScene();
    const claims = calls.map(([entry, input]) => speaking(scene, entry, input));
    const logs = await scene.inLane(async (lane) => {
      for (const [index, [, input]] of calls.entries()) {
        const spoken = claims[index];
        if (spoken !== undefined) await send(lane, spoken, input);
      }
      return lane.pluginLogs(plugin);
    });
    return { scene, logs, keys: claims.map(({ callKey }) => callKey) };
  };

  test('answers what each call has said, newest first, with how it ended', async () => {
    const { scene, logs, keys } = await speak([
      ['log_input', 'one'],
      ['error', 'two'],
      ['config', 'silent'],
    ]);
    expect(logs).toEqual([
      {
        at: expect.any(Number),
        callKey: keys[1],
        tool: 'echo',
        version: '1.0.0',
        outcome: 'plugin_error',
        lines: [{ level: 'error', text: 'two' }],
        dropped: 0,
      },
      expect.objectContaining({
        callKey: keys[0],
        outcome: 'ok',
        lines: [{ level: 'info', text: 'one' }],
      }),
    ]);
    expect(await scene.inLane((lane) => lane.pluginLogs('extism'))).toEqual(logs);
  });

  test('answers nothing for a plugin that has said nothing', async () => {
    expect((await speak([['log_input', 'one']], 'other')).logs).toEqual([]);
  });

  test('shows no secret that the plugin was given', async () => {
    const key = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
    const { logs } = await speak([['log_input', `token: ${key}`]]);
    expect(logs[0]?.lines[0]?.text).toContain('token: [removed by the gateway');
    expect(JSON.stringify(logs)).not.toContain(key);
  });
});
