/**
 * A workspace whose content is sealed at rest: a turn is killed and resumed, blocks and plugins store
 * what they were told, keys change, and the disk never holds a word of it.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const CANARY = 'canary-b21d-sings-only-here';
const EARLY = 'canary-77aa-sang-before-the-policy';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ env: { SALLYPORT_LEASE_MS: '1000' } });
  api = callApi(gateway);
  const before = await api.turn(await api.session(), script({ text: EARLY }), SCRIPT_MODEL);
  expect(before.body.output).toBe(EARLY);
  const { body } = await api.get('/v1/workspaces/default');
  const policy = { ...body.policy, encryption: { atRest: 'content' } };
  const { status } = await api.put('/v1/workspaces/default', { policy });
  expect(status).toBe(200);
});
afterAll(async () => {
  await gateway?.dispose();
});

function* filesIn(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesIn(path);
    else yield path;
  }
}

/** Files of the gateway that hold these words, in any of the writings that a database may use. */
const filesWith = (words: string): string[] =>
  [...filesIn(gateway.dataFolder)].filter((path) => {
    const bytes = readFileSync(path);
    return [
      words,
      Buffer.from(words, 'utf16le').toString('latin1'),
      Buffer.from(words).toString('base64').slice(4, -4),
    ].some((form) => bytes.includes(form, 0, 'latin1'));
  });

const messagesOf = async (session: string): Promise<string> =>
  JSON.stringify((await api.get(`/v1/sessions/${session}/messages`)).body);

const TWO_ROUNDS = script(
  {
    text: `I count the words of ${CANARY}.`,
    chunkDelayMs: 40,
    toolCalls: [{ name: 'text-stats', arguments: { text: `${CANARY} `.repeat(200) } }],
  },
  { text: `That was ${CANARY}.`, delayMs: 300 },
);

describe('content that is sealed at rest', () => {
  let session: string;
  let block: string;
  const query = { arguments: { json: JSON.stringify({ a: CANARY }), query: 'a' } };
  const askTwice = async (): Promise<string> => {
    const key = { 'Idempotency-Key': 'asked-twice' };
    return JSON.stringify((await api.post('/v1/tools/json-query/call', query, key)).body.result);
  };

  test('survives a kill in the middle of a turn, and is not on the disk that is left', async () => {
    const created = await api.post('/v1/sessions', { title: CANARY, system: `Say ${CANARY}` });
    session = created.body.id;
    const reader = await api.streamTurn(session, TWO_ROUNDS, SCRIPT_MODEL);
    const { data } = await reader.until(({ kind }) => kind === 'turn-started');
    await reader.until(({ kind }) => kind === 'tool-result');
    await gateway.kill();
    expect(filesWith(EARLY)).not.toEqual([]);
    expect(filesWith(CANARY)).toEqual([]);
    await gateway.restart();
    const resumed = await api.follow(session, data.turnId, 0);
    const end = await resumed.until(({ kind }) => kind.startsWith('turn-f'));
    expect(end.kind).toBe('turn-finished');
    expect(resumed.events.filter(({ kind }) => kind === 'tool-result')).toHaveLength(1);
    expect(await messagesOf(session)).toContain(`That was ${CANARY}.`);
  });

  test('may be in blocks, notes, schedules and answers that are kept', async () => {
    const spawned = await api.post('/v1/blocks', {
      behavior: { kind: 'mailbox' },
      capabilities: ['CAP_RECEIVE', 'CAP_SEND'],
    });
    block = `/v1/blocks/${spawned.body.id}`;
    expect((await api.post(`${block}/messages`, { body: { said: CANARY } })).status).toBe(202);
    expect((await api.post(`${block}/checkpoint`)).status).toBeLessThan(300);
    expect(await askTwice()).toContain(CANARY);
    const added = await api.post('/v1/tools/note-add/call', { arguments: { text: CANARY } });
    expect(added.status, JSON.stringify(added.body)).toBe(200);
    const scheduled = await api.post('/v1/schedules', {
      ...{ name: 'singer', when: { at: Date.now() + 86_400_000 }, model: SCRIPT_MODEL },
      ...{ input: CANARY, capabilities: [`provider:llm:call:${SCRIPT_MODEL}`] },
    });
    expect(scheduled.status, JSON.stringify(scheduled.body)).toBe(201);
  });

  test('gets another key while all goes on', async () => {
    const before = (await api.get('/v1/secrets')).body;
    const after = (await api.post('/v1/secrets/rewrap')).body;
    expect(after.contentKey).toMatch(/^[0-9a-f]{16}$/);
    expect(after.contentKey).not.toBe(before.contentKey);
    const turn = await api.turn(session, script({ text: `Again ${CANARY}` }), SCRIPT_MODEL);
    expect(turn.body.output).toBe(`Again ${CANARY}`);
  });

  test('is not on the disk after another kill, and is read under both keys', async () => {
    await gateway.kill();
    expect(filesWith(CANARY)).toEqual([]);
    await gateway.restart();
    const next = await api.turn(session, script({ text: 'Under the new key' }), SCRIPT_MODEL);
    expect(next.body.output).toBe('Under the new key');
    expect(await messagesOf(session)).toMatch(/That was canary.*Again canary.*Under the new key/);
    expect((await api.post(`${block}/receive`, { max: 1 })).body).toMatchObject({
      messages: [{ body: { said: CANARY } }],
    });
    expect(await askTwice()).toContain(CANARY);
    const read = await api.post('/v1/tools/note-get/call', { arguments: { id: 1 } });
    expect(JSON.stringify(read.body)).toContain(CANARY);
    expect((await api.get('/v1/schedules/singer')).body.spec.input).toBe(CANARY);
  });
});
