/** Calls of tools by programs, over HTTP: which of them share a journal, and what that shows of others. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let root: Api;

beforeAll(async () => {
  gateway = await startGateway();
  root = callApi(gateway);
});
afterAll(() => gateway?.dispose());

const service = async (id: string): Promise<Api> => {
  const subject = { kind: 'service', id };
  const { body } = await root.post('/v1/tokens', { subject, grants: ['tool:*'] });
  return callApi(gateway, body.token);
};

const count = async (api: Api, headers?: Record<string, string>) => {
  const answer = await api.post(
    '/v1/tools/text-stats/call',
    { arguments: { text: 'a b' } },
    headers,
  );
  expect(answer.status).toBe(200);
  return answer.body;
};

/** The sessions of a principal's finished calls on the record, in their order. */
const sessionsOf = async (id: string, calls: number): Promise<readonly string[]> => {
  const finished = async (): Promise<string[]> => {
    const { body } = await root.get('/v1/audit?limit=500&action=turn-finished');
    const events: Record<string, string>[] = body.records.map(
      ({ event }: { event: Record<string, string> }) => event,
    );
    return events
      .filter(({ actor }) => actor === `service:${id}`)
      .map(({ sessionId = '' }) => sessionId);
  };
  await expect.poll(async () => (await finished()).length).toBe(calls);
  return await finished();
};

describe('calls of one credential', () => {
  test('one after the other share a session', async () => {
    const api = await service('one');
    const answers = [await count(api), await count(api), await count(api)];
    const [first] = answers;
    expect(answers.map(({ result, label }) => ({ result, label }))).toEqual(
      answers.map(() => ({ result: first.result, label: first.label })),
    );
    expect(new Set(await sessionsOf('one', 3)).size).toBe(1);
  });

  test('do not hear of it when their session is deleted', async () => {
    const api = await service('deleted');
    await count(api);
    const [session] = await sessionsOf('deleted', 1);
    await count(api);
    expect((await root.delete(`/v1/sessions/${session}`)).status).toBe(204);
    // It still owes its records, so it is being deleted.
    await count(api);
    await sessionsOf('deleted', 3);
  });

  test('with a key have one of their own, where it finds them again', async () => {
    const api = await service('keyed');
    await count(api);
    const key = { 'Idempotency-Key': 'once' };
    const first = await count(api, key);
    expect(await count(api, key)).toEqual(first);
    await count(api);
    const sessions = await sessionsOf('keyed', 3);
    expect(new Set(sessions).size).toBe(2);
    expect(sessions[0]).toBe(sessions[2]);
  });
});

test('calls of different credentials never share a session', async () => {
  const [ann, ben] = [await service('ann'), await service('ben')];
  for (const api of [ann, ben, ann, ben]) await count(api);
  const [ofAnn, ofBen] = [await sessionsOf('ann', 2), await sessionsOf('ben', 2)];
  expect(new Set(ofAnn).size).toBe(1);
  expect(new Set(ofBen).size).toBe(1);
  expect(ofAnn[0]).not.toBe(ofBen[0]);
});

test('a credential that is revoked makes no further call, whatever session is free', async () => {
  const subject = { kind: 'service', id: 'gone' };
  const { body } = await root.post('/v1/tokens', { subject, grants: ['tool:*'] });
  const api = callApi(gateway, body.token);
  await count(api);
  expect((await root.delete(`/v1/tokens/${body.id}`)).status).toBeLessThan(300);
  const refused = await api.post('/v1/tools/text-stats/call', { arguments: { text: 'a' } });
  expect(refused.status).toBe(401);
});
