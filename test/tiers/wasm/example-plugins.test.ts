/** The example plugins: their manifests, and those that count, query and fetch. */

import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../../src/core/manifest/manifest.ts';
import type { PluginAnswer } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import { askExample as ask, callExample as call, MANIFESTS } from '../support/examples.ts';
import { ScriptedHost } from '../support/scripted-host.ts';

describe('the manifests', () => {
  test.each(MANIFESTS.map((manifest) => [manifest.name, manifest]))('of %s is valid', (_, json) => {
    expect(parseManifest(json as never)).toMatchObject({ ok: true });
  });
});

describe('text-stats', () => {
  test('counts words, characters, lines and sentences', async () => {
    const text = "It's well-known: pi is 3.14.\nIsn't it?\r\nYes";
    expect(await ask('text-stats', { text })).toEqual({
      words: 8,
      characters: 43,
      charactersWithoutSpaces: 35,
      lines: 3,
      sentences: 3,
      longestWord: 'well-known',
      averageWordLength: 4,
      readingTimeSeconds: 3,
    });
  });

  test('finds nothing in nothing', async () => {
    expect(await ask('text-stats', { text: '' })).toMatchObject({
      words: 0,
      lines: 0,
      sentences: 0,
    });
    expect(await ask('text-stats', { text: ' \n-- ...' })).toMatchObject({
      words: 0,
      sentences: 0,
    });
  });

  test('counts characters, not code units, and ideographs as words', async () => {
    expect(await ask('text-stats', { text: 'a😀b' })).toMatchObject({ characters: 3, words: 1 });
    expect(await ask('text-stats', { text: '日本語。' })).toMatchObject({ words: 3, sentences: 1 });
  });

  test('has fuel for the longest arguments', async () => {
    const text = 'wörter '.repeat(32_000);
    expect(await ask('text-stats', { text })).toMatchObject({ words: 32_000 });
  });
});

describe('json-query', () => {
  const json = '{"a":[1,2.50,{"x":"é\\n"}],"b":{"odd name":{"x":null}},"x":true}';
  const query = async (text: string) => {
    const { matches } = await ask('json-query', { json, query: text });
    return matches.map(({ path, value }: { path: string; value: unknown }) => [path, value]);
  };

  test.each([
    ['a[0]', [['$.a[0]', 1]]],
    ['$.a[1]', [['$.a[1]', 2.5]]],
    ['a[-1].x', [['$.a[2].x', 'é\n']]],
    ['b["odd name"].x', [['$.b["odd name"].x', null]]],
    ["b['odd name']", [['$.b["odd name"]', { x: null }]]],
    ['x', [['$.x', true]]],
    ['nothing', []],
    ['a.x', []],
    ['a[7]', []],
    ['a[*].x', [['$.a[2].x', 'é\n']]],
    ['b.*', [['$.b["odd name"]', { x: null }]]],
  ])('answers %s', async (text, matches) => {
    expect(await query(text)).toEqual(matches);
  });

  test('finds a name at any depth, and the whole document', async () => {
    const found = await query('..x');
    expect(found.map(([path]: [string]) => path)).toEqual(['$.x', '$.a[2].x', '$.b["odd name"].x']);
    expect(await query('$')).toEqual([['$', JSON.parse(json)]]);
  });

  test('keeps numbers as they are written', async () => {
    const { output } = await call('json-query', {
      json: '{"n":12345678901234567890.50}',
      query: 'n',
    });
    expect(output).toContain('"value":12345678901234567890.50');
  });

  test.each([
    ['{"a":', 'a', 'json'],
    ['{"a":1,}', 'a', 'json'],
    ['[1 2]', '$', 'json'],
    ['"\\q"', '$', 'json'],
    ['01', '$', 'json'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, '$', 'json'],
    ['{}', 'a[', 'query'],
    ['{}', 'a..', 'query'],
    ['{}', '["a', 'query'],
  ])('says what is wrong with %j and %j', async (document, text, argument) => {
    expect(await ask('json-query', { json: document, query: text })).toMatchObject({
      count: 0,
      matches: [],
      error: { argument },
    });
  });

  test('cuts long answers and says so, within its fuel', async () => {
    const rows = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `row ${id}` }));
    const answer = await ask('json-query', { json: JSON.stringify(rows), query: '[*].id' });
    expect(answer).toMatchObject({ count: 1_000, truncated: true });
  });
});

describe('http-fetch', () => {
  const answerOf = (body: Uint8Array, status = 200): PluginAnswer => ({
    kind: 'response',
    status,
    headers: { 'content-type': 'text/plain' },
    body,
    url: 'https://example.com/end',
  });

  test('sends what it was asked to send, and answers with what came back', async () => {
    const host = new ScriptedHost(answerOf(new TextEncoder().encode('héllo "x"')));
    const input = {
      url: 'https://example.com/',
      method: 'POST',
      headers: { 'X-Test': 'ä' },
      body: 'é',
    };
    expect(await ask('http-fetch', input, host)).toEqual({
      status: 200,
      url: 'https://example.com/end',
      headers: { 'content-type': 'text/plain' },
      bytes: 10,
      body: 'héllo "x"',
    });
    expect(host.requests).toHaveLength(2);
    expect(host.requests[0]).toEqual({ ...input, body: new TextEncoder().encode('é') });
  });

  test('gets unless told otherwise', async () => {
    const host = new ScriptedHost(answerOf(new Uint8Array(0), 204));
    expect(await ask('http-fetch', { url: 'https://example.com/' }, host)).toMatchObject({
      status: 204,
      body: '',
    });
    expect(host.requests[0]).toMatchObject({ method: 'GET', headers: {} });
  });

  test('reports that no answer came', async () => {
    const host = new ScriptedHost({ kind: 'unanswered', reason: 'response_too_large' });
    expect(await ask('http-fetch', { url: 'https://example.com/' }, host)).toEqual({
      status: 0,
      error: 'response_too_large',
    });
  });

  test('hands on every character as it came', async () => {
    const text = `${Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join('')}é€😀`;
    const host = new ScriptedHost(answerOf(new TextEncoder().encode(text)));
    const { body } = await ask('http-fetch', { url: 'https://example.com/' }, host);
    expect(body).toBe(text);
  });

  test('ends where it is denied', async () => {
    const report = await call('http-fetch', { url: 'https://example.com/' });
    expect(report).toMatchObject({ end: 'host_denied', output: '' });
  });

  test('shows no bytes that are not text, and cuts long texts', async () => {
    const binary = new ScriptedHost(answerOf(new Uint8Array([0xff, 0xfe])));
    const url = 'https://example.com/';
    expect(await ask('http-fetch', { url }, binary)).toMatchObject({ bytes: 2, isText: false });
    const long = new ScriptedHost(answerOf(new Uint8Array(1_048_576).fill(0x22)));
    const answer = await ask('http-fetch', { url }, long);
    expect(answer).toMatchObject({ bytes: 1_048_576, truncated: true });
    expect(answer.body).toHaveLength(262_144);
  });
});
