/**
 * The example plugins as people use them: by plain requests, answered by the model that is part of
 * the gateway; and notes that outlive the process that stored them.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ env: { SALLYPORT_LEASE_MS: '1000' } });
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

/** A turn of a fresh session. */
async function say(input: string) {
  const { body } = await api.turn(await api.session(), input);
  return body;
}

const TABLE = '```\nname,city,price\nAda,Berlin,10\nBob,Oslo,3\nEve,Oslo,4\n```';

describe('a plain request', () => {
  test.each([
    [
      'Convert this Markdown to HTML: # Hi *there*',
      'markdown-to-html',
      '<h1>Hi <em>there</em></h1>',
    ],
    [`Sum the column price in this CSV, group by city:\n${TABLE}`, 'csv-query', '[Oslo, 7]'],
    ['Find all matches of the regex `\\d+` in the text: a1 b22', 'regex-extract', 'match: 22'],
    ['Count the words in: the quick brown fox', 'text-stats', 'words: 4'],
    ['Get the name from {"name": "Ada"}', 'json-query', 'Ada'],
  ])('%j is answered by %s', async (input, tool, answer) => {
    const { status, output, toolCalls } = await say(input);
    expect(toolCalls).toMatchObject([{ tool, status: 'finished' }]);
    expect(status).toBe('finished');
    expect(output).toContain(answer);
  });

  test('that leads a library astray ends as fuel, and others go on', async () => {
    const called = api.post('/v1/tools/regex-extract/call', {
      arguments: { expression: '^(a+)+$', text: `${'a'.repeat(40)}b` },
    });
    const [{ status, body }, honest] = await Promise.all([
      called,
      say('Count the words in: one two'),
    ]);
    expect([status, body.check, body.reason]).toEqual([403, 'dispatch', 'fuel']);
    expect(honest.output).toContain('words: 2');
  });
});

describe('a note', () => {
  test('is kept over a crash, and found in another conversation', async () => {
    expect((await say('Add a note: buy oat milk')).output).toContain('id: 1');
    await gateway.kill();
    await gateway.restart();
    expect((await say('Search my notes for milk')).output).toContain('buy oat milk');
    expect((await say('Read note 1')).output).toContain('text: buy oat milk');
    expect((await say('Add a note: call Ada')).output).toContain('id: 2');
    expect((await say('Delete note 1')).output).toContain('deleted: true');
    expect((await say('List my notes')).output).toContain('[{id: 2, text: call Ada}]');
    expect((await api.get('/v1/audit/verify')).body).toMatchObject({ ok: true });
  });

  test('is stored at most once, whenever the gateway is killed', async () => {
    for (const kind of ['tool-call-proposed', 'tool-call-approved', 'tool-result']) {
      const session = await api.session();
      const text = `killed at ${kind}`;
      const stream = await api.streamTurn(
        session,
        script({ toolCalls: [{ name: 'note-add', arguments: { text } }] }, { text: 'End.' }),
        SCRIPT_MODEL,
      );
      const first = await stream.until((event) => event.kind === 'turn-started');
      await stream.until((event) => event.kind === kind);
      await gateway.kill();
      await stream.ended;
      await gateway.restart();
      const { turnId } = first.data;
      const after = await api.follow(session, turnId, 0);
      await after.until((event) => event.kind === 'turn-finished');
      after.close();
      const { body } = await api.get(`/v1/sessions/${session}/turns/${turnId}`);
      const { body: found } = await api.post('/v1/tools/note-search/call', {
        arguments: { phrase: text },
      });
      const copies = JSON.parse(found.result).notes.length;
      const [{ status }] = body.toolCalls;
      expect(['finished', 'unknown']).toContain(status);
      expect(copies).toBeLessThanOrEqual(1);
      if (status === 'finished') expect(copies).toBe(1);
    }
  });
});
