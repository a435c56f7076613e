/**
 * Several messages with one request: in one transaction, each with an answer of its own.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

const CAPABILITIES = ['CAP_SEND', 'CAP_RECEIVE'];

async function spawn(limits: object = {}, capabilities = CAPABILITIES): Promise<string> {
  const body = { behavior: { kind: 'mailbox' }, capabilities, limits };
  const answer = await api.post('/v1/blocks', body);
  expect(answer.status).toBe(201);
  return answer.body.id;
}

const bodies = (count: number) => Array.from({ length: count }, (_, body) => ({ body }));

const sendMany = (id: string, messages: readonly object[], as?: string) =>
  api.post(
    `/v1/blocks/${id}/messages`,
    { messages },
    as === undefined ? {} : { 'Sallyport-Block': as },
  );

async function receiveAll(id: string) {
  const { body } = await api.post(`/v1/blocks/${id}/receive`, { max: 100 });
  return body.messages;
}

describe.each(['a principal', 'a block'])('a batch from %s', (from) => {
  const actor = async () => (from === 'a block' ? await spawn() : undefined);

  test('is received in its order, each message with a number of its own', async () => {
    const id = await spawn();
    const sent = await sendMany(id, bodies(100), await actor());
    expect(sent.status).toBe(202);
    const numbers = sent.body.answers.map(({ seq }: { seq: number }) => seq);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(100);
    const received = await receiveAll(id);
    expect(received.map(({ body }: { body: number }) => body)).toEqual(
      bodies(100).map(({ body }) => body),
    );
  });

  test('is taken as far as the mailbox has room; the others are refused one by one', async () => {
    const id = await spawn({ messages: 2 });
    const { status, body } = await sendMany(id, bodies(4), await actor());
    expect(status).toBe(202);
    expect(body.answers).toMatchObject([
      { seq: 1 },
      { seq: 2 },
      { code: 'mailbox_full' },
      { code: 'mailbox_full' },
    ]);
    expect(await receiveAll(id)).toHaveLength(2);
  });

  test('is dropped message by message where the mailbox says so', async () => {
    const id = await spawn({ messages: 1, overflow: 'drop-new' });
    const { body } = await sendMany(id, bodies(2), await actor());
    expect(body.answers).toMatchObject([{ seq: 1 }, { accepted: false }]);
  });

  test('to a block that is dead is refused message by message', async () => {
    const id = await spawn();
    await api.delete(`/v1/blocks/${id}`);
    const { body } = await sendMany(id, bodies(2), await actor());
    expect(body.answers).toMatchObject([{ code: 'noproc' }, { code: 'noproc' }]);
  });

  test('may hold bytes beside JSON', async () => {
    const id = await spawn();
    await sendMany(id, [{ body: { a: 1 } }, { bytes: 'AAH/' }], await actor());
    expect(await receiveAll(id)).toMatchObject([{ body: { a: 1 } }, { bytes: 'AAH/' }]);
  });
});

test('each message id is known for itself', async () => {
  const id = await spawn();
  const first = await sendMany(id, [
    { body: 1, messageId: 'one' },
    { body: 2, messageId: 'two' },
  ]);
  const again = await sendMany(id, [
    { body: 2, messageId: 'two' },
    { body: 'other', messageId: 'one' },
    { body: 3, messageId: 'three' },
    { body: 3, messageId: 'three' },
  ]);
  const [, two] = first.body.answers;
  const [twoAgain, conflict, three, threeAgain] = again.body.answers;
  expect([twoAgain, conflict.code, threeAgain]).toEqual([two, 'conflict', three]);
  expect(await receiveAll(id)).toHaveLength(3);
});

test('a message that fills the mailbox of one that crashes ends it within the batch', async () => {
  const id = await spawn({ messages: 1, overflow: 'crash' });
  const { body } = await sendMany(id, bodies(3));
  expect(body.answers).toMatchObject([{ seq: 1 }, { code: 'mailbox_full' }, { code: 'noproc' }]);
  expect((await api.get(`/v1/blocks/${id}`)).body.exitReason).toEqual({
    crash: 'mailbox_overflow',
  });
});

test('a block that may not send ends of its first message, and none is sent', async () => {
  const poor = await spawn({}, ['CAP_RECEIVE']);
  const id = await spawn();
  expect((await sendMany(id, bodies(2), poor)).status).toBe(403);
  expect((await api.get(`/v1/blocks/${poor}`)).body.exitReason).toMatchObject({
    crash: 'capability',
  });
  expect(await receiveAll(id)).toEqual([]);
});

describe('what is no batch', () => {
  test.each([
    ['none', []],
    ['one too many', bodies(101)],
    ['neither JSON nor bytes', [{ body: 1 }, {}]],
    ['both', [{ body: 1, bytes: 'AA==' }]],
    ['a sender of its own', [{ body: 1, from: 'user:root' }]],
  ])('%s', async (_, messages) => {
    const id = await spawn();
    expect((await sendMany(id, messages)).status).toBe(422);
    expect(await receiveAll(id)).toEqual([]);
  });

  test('says how many a batch may have, and which message is none', async () => {
    const id = await spawn();
    const errorsOf = async (messages: object[]) => (await sendMany(id, messages)).body.errors;
    expect(await errorsOf(bodies(101))).toEqual([
      { pointer: '/messages', detail: 'must have at most 100 items' },
    ]);
    expect(await errorsOf([{ body: 1 }, { body: 2, messageId: 7 }])).toEqual([
      { pointer: '/messages/1/messageId', detail: 'must be string' },
    ]);
  });

  test('a message and a batch at once', async () => {
    const id = await spawn();
    const both = await api.post(`/v1/blocks/${id}/messages`, { body: 1, messages: [{ body: 2 }] });
    expect(both.status).toBe(422);
  });
});

test('what was acknowledged is there after the process was killed', async () => {
  const [from, id] = [await spawn(), await spawn()];
  await sendMany(id, bodies(3));
  await sendMany(id, bodies(3), from);
  await gateway.restart();
  await sendMany(id, bodies(3), from);
  const received = await receiveAll(id);
  expect(received.map(({ body }: { body: number }) => body)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
});
