/** Plain requests for the example plugins, all of them installed side by side. */

import { describe, expect, test } from 'vitest';
import type { ToolDefinition } from '../../../src/core/manifest/tool-definition.ts';
import { plannerModel } from '../../../src/models/embedded/planner-model.ts';
import csvQuery from '../../../worker-plugins/csv-query/plugin.json';
import httpFetch from '../../../worker-plugins/http-fetch/plugin.json';
import jsonQuery from '../../../worker-plugins/json-query/plugin.json';
import kvNotes from '../../../worker-plugins/kv-notes/plugin.json';
import markdownToHtml from '../../../worker-plugins/markdown-to-html/plugin.json';
import regexExtract from '../../../worker-plugins/regex-extract/plugin.json';
import textStats from '../../../worker-plugins/text-stats/plugin.json';
import { ask, requestOf, user } from '../support/request.ts';

const MANIFESTS = [
  ...[csvQuery, httpFetch, jsonQuery, kvNotes, markdownToHtml, regexExtract, textStats],
];

const TOOLS: readonly ToolDefinition[] = MANIFESTS.flatMap(({ tools }) =>
  tools.map((tool): ToolDefinition => ({ requires: [], ...tool })),
);

async function callsFor(message: string) {
  const { calls } = await ask(plannerModel, requestOf([user(message)], { tools: TOOLS }));
  return calls.map(({ name, argumentsText }) => [name, JSON.parse(argumentsText)]);
}

const TABLE = 'name,price\nAda,10\nBob,3';
const FENCED = `\n\`\`\`\n${TABLE}\n\`\`\``;

describe('a plain request', () => {
  test.each([
    ['Convert this Markdown to HTML: # Hello *there*', { source: '# Hello *there*' }],
    ['Render "**bold** text" as HTML', { source: '**bold** text' }],
    ['Turn this markdown into html:\n```\n- a\n- b\n```', { source: '- a\n- b' }],
    ['markdown-to-html: # Hi', { source: '# Hi' }],
  ])('for markdown-to-html: %j', async (message, args) => {
    expect(await callsFor(message)).toEqual([['markdown-to-html', args]]);
  });

  test.each([
    [`Sum the column price in this CSV:${FENCED}`, { aggregate: 'sum', column: 'price' }],
    [`Count the rows of this CSV:${FENCED}`, { aggregate: 'count' }],
    [
      `What is the average of column price in this CSV?${FENCED}`,
      { aggregate: 'average', column: 'price' },
    ],
    [
      `Query this CSV where "price > 5" order by price descending limit 1:${FENCED}`,
      { where: 'price > 5', order_by: 'price', descending: true, limit: 1 },
    ],
  ])('for csv-query: %j', async (message, args) => {
    expect(await callsFor(message)).toEqual([['csv-query', { ...args, table: TABLE }]]);
  });

  test.each([
    [
      'Find all matches of the regex `\\d+` in the text: a1 b22',
      { expression: '\\d+', text: 'a1 b22' },
    ],
    [
      'Use regex-extract with expression "[a-z]+" and text "ab 12 cd"',
      { expression: '[a-z]+', text: 'ab 12 cd' },
    ],
  ])('for regex-extract: %j', async (message, args) => {
    expect(await callsFor(message)).toEqual([['regex-extract', args]]);
  });

  test.each([
    ['Add a note: buy milk', 'note-add', { text: 'buy milk' }],
    ['Take a note: call Ada', 'note-add', { text: 'call Ada' }],
    ['Store a note with text "x"', 'note-add', { text: 'x' }],
    ['List my notes', 'note-list', {}],
    ['Show all my notes', 'note-list', {}],
    ['Show note 3', 'note-get', { id: 3 }],
    ['Read note 2', 'note-get', { id: 2 }],
    ['Delete note 4', 'note-delete', { id: 4 }],
    ['Search my notes for milk', 'note-search', { phrase: 'milk' }],
    ['Find notes about "door code"', 'note-search', { phrase: 'door code' }],
  ])('for kv-notes: %j', async (message, tool, args) => {
    expect(await callsFor(message)).toEqual([[tool, args]]);
  });

  test.each([
    ['Count the words in: the quick brown fox', 'text-stats'],
    ['Analyse this text: One. Two.', 'text-stats'],
    ['How long does it take to read "a b c"?', 'text-stats'],
    ['Fetch https://example.com/', 'http-fetch'],
    ['POST {"a": 1} to https://example.com/hook', 'http-fetch'],
    ['Get the name from {"name": "Ada"}', 'json-query'],
    ['Extract `a.b` from this JSON: {"a": {"b": 2}}', 'json-query'],
    ['Query user.name in {"user": {"name": "Ada"}}', 'json-query'],
  ])('still goes where it went before there were others: %j', async (message, tool) => {
    expect((await callsFor(message)).map(([name]) => name)).toEqual([tool]);
  });

  test.each(['Hello, how are you?', 'What is the meaning of life?', 'Thanks!'])(
    'that asks for nothing calls nothing: %j',
    async (message) => {
      expect(await callsFor(message)).toEqual([]);
    },
  );
});
