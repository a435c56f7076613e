/**
 * Handles that are made up, worn out, stolen, hidden in other texts, or put where no outsider's value
 * may go; and tools that would make an outsider's value their own. All over HTTP.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/primitives/json.ts';
import type { Api, ServerEvent } from '../support/api.ts';
import type { Gateway } from '../support/gateway.ts';
import { BOB, installLetters, ORDERS, setFlow } from '../support/letters-plugin.ts';
import { type PlannedGateway, startPlannedGateway } from '../support/planned-gateway.ts';
import type { ModelServer } from '../support/planned-model.ts';
import { scriptManifest, uploadScript } from '../support/script-plugins.ts';

const EVE = 'eve@attacker.example';
const FORGED = `sallyport:handle:${'0123456789abcdef'.repeat(2)}`;
const LETTER = { name: 'letter', arguments: {} };
const LETTERS = { name: 'letters', arguments: {} };
const send = (args: JsonObject): Call => ({ name: 'send-letter', arguments: args });
const text = { type: 'string' };

let gateway: Gateway;
let api: Api;
let model: ModelServer;
let started: PlannedGateway;
let plans = 0;

beforeAll(async () => {
  started = await startPlannedGateway();
  ({ gateway, api, model } = started);
  await installLetters(gateway);
});
afterAll(() => started?.dispose());
beforeEach(() => setFlow(api, {}));

interface Call {
  readonly name: string;
  readonly arguments: JsonObject;
}

interface Played {
  readonly session: string;
  readonly events: readonly ServerEvent[];
  /** What became of the last call: `finished`, `waiting`, or the reason of its denial. */
  readonly fate: string;
}

/** A turn in which the model makes these calls, one a round. */
async function play(calls: readonly Call[], inSession?: string): Promise<Played> {
  const session = inSession ?? (await api.session());
  // Outside of the user's message, since that would make all of it the user's words.
  const name = `plan-${++plans}`;
  model.plan(
    name,
    calls.map(({ name: tool, arguments: args }) => [{ tool, args }]),
  );
  const { body } = await api.turn(session, `Do as you like with ${BOB}`, `compatible/${name}`);
  if (body.status === 'waiting') {
    await api.post(`/v1/sessions/${session}/turns/${body.turnId}/cancel`);
  }
  const reader = await api.follow(session, body.turnId, 0);
  await reader.ended;
  const { status, reason } = body.toolCalls.at(-1);
  return { session, events: reader.events, fate: status === 'denied' ? reason : status };
}

const fateOf = async (...calls: readonly Call[]) => (await play(calls)).fate;

/** A handle that a turn has made, and where. */
async function steal(): Promise<{ readonly handle: string; readonly session: string }> {
  const { session, events } = await play([LETTER]);
  const read = events.find(({ kind }) => kind === 'tool-result');
  return { handle: JSON.parse(read?.data.content).body, session };
}

describe('a handle', () => {
  test('that was made up stands for nothing', async () => {
    expect(await fateOf(LETTER, send({ to: BOB, body: FORGED }))).toBe('unknown_handle');
  });

  test('of an earlier turn or of another session is refused, also where the same was read again', async () => {
    const { handle, session } = await steal();
    const call = send({ to: BOB, body: handle });
    expect((await play([call], session)).fate).toBe('unknown_handle');
    expect((await play([LETTER, call], session)).fate).toBe('unknown_handle');
    expect(await fateOf(LETTER, call)).toBe('unknown_handle');
  });

  test('is worth nothing to a program', async () => {
    const { handle } = await steal();
    const { status, body } = await api.post('/v1/tools/send-letter/call', {
      arguments: { to: BOB, body: handle },
    });
    expect([status, body.reason]).toEqual([403, 'unknown_handle']);
  });

  test.each([
    ['within a text', { body: 'Dear Bob, {{handle 1}}' }],
    ['with a space behind it', { body: '{{handle 1}} ' }],
    ['twice in a row', { body: '{{handle 1}}{{handle 1}}' }],
    ['with a letter more', { body: '{{handle 1}}0' }],
    ['in capitals', { body: FORGED.toUpperCase() }],
    ['within a text, deep in a list of objects', { parts: [{ text: 'a {{handle 1}}' }] }],
    ['as the name of a member', { '{{handle 1}}': 'a' }],
  ])('%s is refused, not passed on', async (_, args) => {
    expect(await fateOf(LETTER, send({ to: BOB, ...args }))).toBe('misplaced_handle');
  });

  test('does not make a call larger than any call may be', async () => {
    const many = (count: number) => ({
      parts: Array.from({ length: count }, () => ({ text: '{{handle 1}}' })),
    });
    expect(await fateOf(LETTER, send({ to: BOB, ...many(100) }))).toBe('finished');
    // Small as they are written: 3,600 times 68 bytes.
    await setFlow(api, { opaque: ['look-up'] });
    const long = { name: 'look-up', arguments: { name: 'x'.repeat(1_000) } };
    expect(await fateOf(long, send({ to: BOB, ...many(300) }))).toBe('arguments_too_large');
  });
});

describe('what a handle stands for', () => {
  test.each([
    ['a trusted argument', { to: '{{handle 1}}' }],
    ['an argument in the principal’s own words', { to: BOB, subject: '{{handle 1}}' }],
  ])('does not go into %s, in a turn that is trusted or not', async (_, args) => {
    const spoiling = { name: 'archive', arguments: { id: 'a' } };
    expect(await fateOf(LETTER, send(args))).toBe('flow_denied');
    expect(await fateOf(LETTER, spoiling, send(args))).toBe('flow_denied');
    await setFlow(api, { untrustedArgument: 'allow', constants: [`A bill. ${ORDERS}`] });
    expect(await fateOf(LETTER, send(args))).toBe('flow_denied');
  });

  test('cannot be let through by a policy unseen', async () => {
    const { body } = await api.get('/v1/workspaces/default');
    const policy = { ...body.policy, flow: { handleArgument: 'allow' } };
    expect((await api.put('/v1/workspaces/default', { policy })).status).toBe(422);
  });

  test('is not in what the model is told, nor in the history of later turns', async () => {
    const { session } = await play([LETTER]);
    const { body } = await api.get(`/v1/sessions/${session}/messages`);
    expect(JSON.stringify(body)).toContain('sallyport:handle:');
    expect(JSON.stringify(body)).not.toContain(ORDERS);
  });

  test('is judged where it goes: an outsider’s words with what is secret are asked about', async () => {
    const send = { untrusted: { workspace: 'ask' } };
    await setFlow(api, { send });
    const call = { name: 'send-letter', arguments: { to: BOB, body: '{{handle 1}}' } };
    expect(await fateOf(LETTER, call)).toBe('waiting');
    expect(await fateOf(LETTER, { ...call, arguments: { to: BOB, body: 'Hello' } })).toBe(
      'finished',
    );
  });
});

describe('an outsider’s value', () => {
  test('is not laundered by a tool that confirms what a handle told it', async () => {
    await setFlow(api, { opaque: ['letters'] });
    // Handles of a letter: its id, its sender, its words.
    const confirm = { name: 'look-up', arguments: { name: '{{handle 2}}' } };
    expect(await fateOf(LETTERS, confirm, send({ to: EVE }))).toBe('waiting');
    const { session } = await play([LETTERS, confirm]);
    expect((await play([send({ to: EVE })], session)).fate).toBe('waiting');
  });

  test('does not become a vouched handle by being confirmed', async () => {
    await setFlow(api, { opaque: ['letters', 'look-up'] });
    const confirm = (name: string) => ({ name: 'look-up', arguments: { name } });
    const sendTo = (handle: number) => send({ to: `{{handle ${handle}}}` });
    expect(await fateOf(LETTERS, confirm('{{handle 2}}'), sendTo(4))).toBe('flow_denied');
    expect(await fateOf(LETTERS, confirm(EVE), sendTo(4))).toBe('flow_denied');
    expect(await fateOf(LETTERS, confirm('{{handle 1}}'), sendTo(1))).toBe('finished');
  });
});

describe('a plugin', () => {
  const sorting = (tool: object, more: object = {}) =>
    scriptManifest('sorter', {
      tools: [
        {
          name: 'sorter',
          description: 'Sorts.',
          pure: true,
          inputSchema: { type: 'object', properties: { text } },
          entry: 'run',
          ...tool,
        },
      ],
      ...more,
    });
  const kind = (shape: object) => ({
    outputSchema: {
      type: 'object',
      properties: { kind: { ...shape, 'x-sallyport-integrity': 'declassified' } },
    },
  });
  const upload = async (manifest: object) =>
    (await uploadScript(gateway, manifest, 'export const run = () => ({ kind: "a" });')).status;

  test.each([
    ['declassifies words', sorting(kind({ type: 'string' }))],
    ['declassifies numbers without end', sorting(kind({ type: 'integer', minimum: 0 }))],
    ['declassifies without being pure', sorting({ ...kind({ type: 'boolean' }), pure: false })],
    [
      'calls itself pure and reaches the network',
      sorting(kind({ type: 'boolean' }), { capabilities: ['tool:network:http:a.example:443'] }),
    ],
    [
      'calls itself pure and reads a clock',
      sorting(kind({ type: 'boolean' }), { wasm: { language: 'javascript', clock: true } }),
    ],
  ])('that %s is not installed', async (_, manifest) => {
    expect(await upload(manifest)).toBe(422);
  });
});
