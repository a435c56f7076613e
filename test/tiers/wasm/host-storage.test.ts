/** Storage through a lane: the real storage block, with a session that a test has scripted. */

import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import type { HostCallRequest } from '../../../src/blocks/session/session-api.ts';
import { deny } from '../../../src/core/errors/denial.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import {
  type Label,
  LOWEST_LABEL,
  PRINCIPAL_LABEL,
  UNTRUSTED_LABEL,
} from '../../../src/core/policy/labels.ts';
import { err, ok } from '../../../src/core/primitives/result.ts';
import type { WasmClaims } from '../../../src/tiers/wasm/admit-ticket.ts';
import { MAX_STORAGE_REQUESTS } from '../../../src/tiers/wasm/call-host.ts';
import { LaneCall } from '../../../src/tiers/wasm/lane-call.ts';
import { createSessionGate } from '../../../src/tiers/wasm/session-gate.ts';
import type { WasmLaneBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';
import { claimsOf, MASTER_KEY } from '../support/claims.ts';
import { inScene, type LaneScene, laneScene, send } from '../support/lane.ts';
import { LIMITS } from '../support/limits.ts';

const BINDINGS = {
  ...(env as unknown as WasmLaneBindings),
  SALLYPORT_MASTER_KEY: MASTER_KEY,
};

const PRIVATE: Label = { integrity: 'trusted', confidentiality: 'secret' };
const TAINTED: Label = { integrity: 'untrusted', confidentiality: 'secret' };

function claimsFor(
  scene: LaneScene,
  entry: string,
  changes: Partial<TicketClaims> & { readonly input?: string } = {},
): TicketClaims {
  const { input = 'key', ...facts } = changes;
  const plugin = { codeHash: 'storage', plugin: 'storage', wasm: { entry, limits: LIMITS } };
  return inScene(scene, claimsOf({ ...plugin, ...facts }, input));
}

async function run(
  scene: LaneScene,
  entry: string,
  changes: Partial<TicketClaims> & { readonly input?: string } = {},
) {
  const claims = claimsFor(scene, entry, changes);
  return scene.inLane((lane) => send(lane, claims, changes.input ?? 'key'));
}

const GRANTED = ok({ privateHost: false, principal: 'user:alice' });
const REFUSED = err(deny('capability', 'plugin_allow_missing'));

describe('a plugin’s storage', () => {
  test('is kept from call to call, and is its own in its own workspace', async () => {
    const scene = laneScene();
    expect(await run(scene, 'get')).toMatchObject({ kind: 'ok', output: '0' });
    await run(scene, 'set');
    expect(await run(scene, 'get')).toMatchObject({ kind: 'ok', output: 'key' });
    expect(await run(scene, 'get', { plugin: 'another' })).toMatchObject({ output: '0' });
    expect(await run(laneScene(), 'get')).toMatchObject({ output: '0' });
    await run(scene, 'delete');
    expect(await run(scene, 'get')).toMatchObject({ output: '0' });
  });

  test('is not asked for a call that was stopped while the session was asked', async () => {
    const call = new LaneCall(claimsFor(laneScene(), 'set') as WasmClaims, undefined);
    const getByName = vi.fn();
    const { storage } = createSessionGate({ ...BINDINGS, STORAGES: { getByName } as never })(call);
    call.end('plugin_stopped');
    const key = new TextEncoder().encode('key');
    await expect(storage.perform({ kind: 'set', key, value: key })).rejects.toThrow();
    expect(getByName).not.toHaveBeenCalled();
  });

  test('is used only with leave of the session, access by access', async () => {
    const scene = laneScene();
    for (const entry of ['get', 'list', 'set', 'add', 'delete']) await run(scene, entry);
    const [read, write] = ['storage:workspace:read', 'storage:workspace:write'];
    expect(scene.asked.map(({ capability, outward }) => [capability, outward])).toEqual([
      ...[
        [read, false],
        [read, false],
      ],
      ...[
        [write, true],
        [write, true],
        [write, true],
      ],
    ]);
    const claims = claimsFor(scene, 'get');
    await scene.inLane((lane) => send(lane, claims, 'key'));
    expect(scene.asked.at(-1)).toEqual({
      claims,
      capability: 'storage:workspace:read',
      outward: false,
      read: LOWEST_LABEL,
      privateAddress: false,
    });
  });

  test.each([
    ['get', 'storage:workspace:read'],
    ['list', 'storage:workspace:read'],
    ['set', 'storage:workspace:write'],
    ['add', 'storage:workspace:write'],
    ['delete', 'storage:workspace:write'],
  ])('is not used by %s without %s, and the call ends', async (entry, capability) => {
    let isGranted = true;
    const authorize = (request: HostCallRequest) =>
      isGranted || request.capability !== capability ? GRANTED : REFUSED;
    const scene = laneScene({ authorize });
    if (entry === 'delete') await run(scene, 'set');
    const before = await run(scene, 'get');
    isGranted = false;
    expect(await run(scene, entry)).toMatchObject({ kind: 'failed', reason: 'host_denied' });
    isGranted = true;
    expect(await run(scene, 'get')).toMatchObject({
      output: before.kind === 'ok' && before.output,
    });
  });

  test('is not touched when the session cannot be asked', async () => {
    let isLost = true;
    const authorize = () => {
      if (isLost) throw new Error('lost');
      return GRANTED;
    };
    const scene = laneScene({ authorize });
    expect(await run(scene, 'set')).toMatchObject({ reason: 'host_denied' });
    isLost = false;
    expect(await run(scene, 'get')).toMatchObject({ output: '0' });
  });

  test(`is asked ${MAX_STORAGE_REQUESTS} times in a call, and not once more`, async () => {
    const scene = laneScene();
    expect(await run(scene, 'fifty')).toMatchObject({ kind: 'ok' });
    expect(scene.asked).toHaveLength(MAX_STORAGE_REQUESTS);
    expect(await run(scene, 'fifty_one')).toMatchObject({ reason: 'host_denied' });
    expect(scene.asked).toHaveLength(2 * MAX_STORAGE_REQUESTS);
  });
});

describe('labels', () => {
  const get = async (scene: LaneScene, label: Label) => {
    const outcome = await run(scene, 'get', { label });
    return outcome.kind === 'ok' ? outcome.label : undefined;
  };

  test('what a turn of the principal alone has stored is private, and still trusted', async () => {
    const scene = laneScene();
    await run(scene, 'set', { label: PRINCIPAL_LABEL });
    expect(await get(scene, PRINCIPAL_LABEL)).toEqual(PRIVATE);
  });

  test('what a turn has stored that had heard outsiders comes back untrusted', async () => {
    const scene = laneScene();
    await run(scene, 'set', { label: UNTRUSTED_LABEL });
    expect(await get(scene, PRINCIPAL_LABEL)).toEqual(TAINTED);
    expect(await run(scene, 'list', { label: PRINCIPAL_LABEL })).toMatchObject({ label: TAINTED });
    await run(scene, 'set', { label: PRINCIPAL_LABEL });
    expect(await get(scene, PRINCIPAL_LABEL)).toEqual(PRIVATE);
  });

  test('what a call has read from the network and stores is untrusted', async () => {
    const scene = laneScene({ fetch: async () => new Response('a page') });
    const input = JSON.stringify({ url: 'https://api.example.org/' });
    const kept = await run(scene, 'keep_page', { input, label: PRINCIPAL_LABEL });
    expect(kept).toMatchObject({ kind: 'ok', output: 'a page', label: TAINTED });
    expect(await run(scene, 'get', { input })).toMatchObject({ output: 'a page', label: TAINTED });
  });

  test('what a server has led a call to without an answer is untrusted', async () => {
    const headers = { location: 'https://[' };
    const scene = laneScene({ fetch: async () => new Response(null, { status: 302, headers }) });
    const input = JSON.stringify({ url: 'https://api.example.org/' });
    const kept = await run(scene, 'keep_page', { input, label: PRINCIPAL_LABEL });
    expect(kept).toMatchObject({ kind: 'ok', output: '0', label: TAINTED });
  });

  test('what a ticket says nothing of is taken for the worst', async () => {
    const scene = laneScene();
    await run(scene, 'set', { label: {} as never });
    expect(await get(scene, PRINCIPAL_LABEL)).toEqual(TAINTED);
  });

  test('a write shows nothing, and that nothing is there is private, too', async () => {
    const scene = laneScene();
    expect(await get(scene, PRINCIPAL_LABEL)).toEqual(PRIVATE);
    const outcome = await run(scene, 'set');
    expect(outcome).not.toHaveProperty('label', PRIVATE);
  });

  test('a call that has read says so when it asks for the network', async () => {
    const fetch = vi.fn(async () => new Response('sent'));
    const scene = laneScene({ fetch });
    const input = JSON.stringify({ url: 'https://api.example.org/' });
    await run(scene, 'set', { input, label: UNTRUSTED_LABEL });
    await run(scene, 'leak', { input });
    expect(scene.asked.at(-1)).toMatchObject({
      capability: 'tool:network:http:api.example.org:443',
      read: TAINTED,
    });
  });
});
