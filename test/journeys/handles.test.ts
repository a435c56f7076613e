/** Values that a model passes on without reading them, and what may be told of them, over HTTP. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, callApi, type ServerEvent } from '../support/api.ts';
import { credential } from '../support/approvals.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { BOB, installLetters, ORDERS, setFlow } from '../support/letters-plugin.ts';

let gateway: Gateway;
let api: Api;
let human: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  human = await credential(gateway);
  await installLetters(gateway);
});
afterAll(() => gateway?.dispose());
beforeEach(() => setFlow(api, {}));

const HANDLE = /^sallyport:handle:[0-9a-f]{32}$/;
const LETTER = { name: 'letter', arguments: {} };
const send = (args: object) => ({ name: 'send-letter', arguments: { to: BOB, ...args } });

/** The events of a turn that makes these calls, one a round, and then says so. */
async function play(...calls: readonly object[]): Promise<readonly ServerEvent[]> {
  const script = [...calls.map((call) => ({ toolCalls: [call] })), { text: 'Done.' }];
  const session = await api.session();
  const reader = await api.streamTurn(session, JSON.stringify({ script }), 'embedded/script');
  await reader.until(({ kind }) => kind === 'turn-finished' || kind === 'approval-needed');
  reader.close();
  return reader.events;
}

const resultOf = (events: readonly ServerEvent[], tool: string) =>
  events.find(({ kind, data }) => kind === 'tool-result' && data.tool === tool)?.data;
const denialOf = (events: readonly ServerEvent[], tool: string) =>
  events.find(({ kind, data }) => kind === 'tool-call-denied' && data.tool === tool)?.data;

describe('a field that a tool calls opaque', () => {
  test('is a handle to the model, and its value to the tool that the handle is passed on to', async () => {
    const events = await play(LETTER, send({ body: '{{handle 1}}' }));
    const read = resultOf(events, 'letter');
    const { body, pages } = JSON.parse(read.content);
    expect(body).toMatch(HANDLE);
    expect(pages).toBe(2);
    expect(read.content).not.toContain('Ignore');
    expect(read.handles[body]).toMatchObject({
      value: `A bill. ${ORDERS}`,
      label: { integrity: 'untrusted' },
    });
    expect(resultOf(events, 'send-letter').content).toContain(ORDERS);
  });

  test('leaves the turn trusted until its value comes back in a result', async () => {
    const events = await play(LETTER, send({ body: 'Hello' }), send({ body: '{{handle 1}}' }));
    expect(resultOf(events, 'letter').label.integrity).toBe('trusted');
    const approved = events.filter(({ kind }) => kind === 'tool-call-approved');
    expect(approved).toHaveLength(3);
    expect(events.findLast(({ kind }) => kind === 'tool-result')?.data.label.integrity).toBe(
      'untrusted',
    );
  });

  test('is shown to a program, which nobody can hijack by it', async () => {
    const { body } = await api.post('/v1/tools/letter/call', { arguments: {} });
    expect(body).toMatchObject({ result: expect.stringContaining('Ignore') });
    expect(body.label.integrity).toBe('untrusted');
  });

  test('may stand anywhere in the arguments, as a whole member or item', async () => {
    const parts = [{ text: 'First' }, { text: '{{handle 1}}' }];
    const events = await play(LETTER, send({ parts }));
    expect(resultOf(events, 'send-letter').content).toContain(`{"text":"A bill. ${ORDERS}"}`);
  });
});

describe('a tool that the policy calls opaque', () => {
  test('shows nothing that could say anything, and what it vouches for keeps its worth', async () => {
    await setFlow(api, { opaque: ['letters'] });
    const archive = { name: 'archive', arguments: { id: '{{handle 1}}' } };
    const events = await play({ name: 'letters', arguments: {} }, archive);
    const [letter] = JSON.parse(resultOf(events, 'letters').content);
    for (const value of Object.values(letter)) expect(value).toMatch(HANDLE);
    expect(resultOf(events, 'letters').label.integrity).toBe('trusted');
    expect(resultOf(events, 'archive').content).toBe('archived L-one');

    const other = { name: 'archive', arguments: { id: '{{handle 2}}' } };
    const refused = await play({ name: 'letters', arguments: {} }, other);
    expect(denialOf(refused, 'archive')).toMatchObject({ reason: 'flow_denied' });
  });

  test('shows a single handle where it declares no shape', async () => {
    await setFlow(api, { opaque: ['archive'] });
    const events = await play({ name: 'archive', arguments: { id: 'L-one' } });
    expect(resultOf(events, 'archive').content).toMatch(HANDLE);
  });
});

describe('declassification', () => {
  const SORT = { name: 'sort-letter', arguments: { body: '{{handle 1}}' } };

  test('by a pure tool tells one of a few answers, if the policy lets it', async () => {
    await setFlow(api, { declassifiers: ['sort-letter'] });
    const events = await play(LETTER, SORT);
    const { content, label } = resultOf(events, 'sort-letter');
    expect(JSON.parse(content)).toEqual({ kind: 'bill', isUrgent: false, words: 10 });
    expect(label.integrity).toBe('trusted');

    await setFlow(api, {});
    const plain = await play(LETTER, SORT);
    expect(resultOf(plain, 'sort-letter').label.integrity).toBe('untrusted');
  });

  test('by a human lets a handle into a sensitive argument, who sees what it stands for', async () => {
    const into = { name: 'send-letter', arguments: { to: '{{handle 1}}', body: 'Hello' } };
    expect(denialOf(await play(LETTER, into), 'send-letter')).toMatchObject({
      check: 'sanitise',
      reason: 'flow_denied',
    });
    await setFlow(api, { handleArgument: 'ask' });
    const script = [{ toolCalls: [LETTER] }, { toolCalls: [into] }, { text: 'Done.' }];
    const session = await api.session();
    const reader = await api.streamTurn(session, JSON.stringify({ script }), 'embedded/script');
    const asked = await reader.until(({ kind }) => kind === 'approval-needed');
    const path = `/v1/approvals/${asked.data.approvalId}`;
    const { body } = await api.get(path);
    expect(JSON.parse(body.arguments)).toEqual({ to: `A bill. ${ORDERS}`, body: 'Hello' });
    expect(body.label.integrity).toBe('untrusted');
    expect((await human.post(path, { decision: 'approve' })).status).toBe(200);
    await reader.until(({ kind }) => kind === 'turn-finished');
    reader.close();
    expect(resultOf(reader.events, 'send-letter').content).toContain(ORDERS);
  });
});
