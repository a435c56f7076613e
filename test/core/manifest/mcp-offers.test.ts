import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../../src/core/manifest/manifest.ts';
import { variablesOf } from '../../../src/core/manifest/mcp-offers.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';

const TOOL: JsonObject = {
  name: 'describe',
  description: 'Describes a thing.',
  inputSchema: { type: 'object', properties: { id: { type: 'string' } } },
  result: 'content',
};

const PROMPT: JsonObject = {
  name: 'ask',
  description: 'Asks about a thing.',
  arguments: [{ name: 'id' }],
  tool: 'describe',
};

const RESOURCE: JsonObject = {
  name: 'thing',
  description: 'A thing.',
  uri: 'things://all/{id}',
  mimeType: 'text/plain',
  tool: 'describe',
};

function problemsOf(mcp: JsonObject, tool: JsonObject = TOOL): readonly string[] {
  const parsed = parseManifest({
    name: 'things',
    version: '1.0.0',
    kind: 'tool',
    tier: 'wasm',
    license: 'MIT',
    capabilities: [],
    tools: [tool],
    mcp,
  });
  return parsed.ok ? [] : parsed.error.map(({ pointer }) => pointer);
}

describe('offers of a manifest', () => {
  test('are made by tools of the same manifest that take their arguments', () => {
    expect(problemsOf({ prompts: [PROMPT], resources: [RESOURCE] })).toEqual([]);
    const missing = { ...PROMPT, tool: 'nobody' };
    expect(problemsOf({ prompts: [missing] })).toEqual(['/mcp/prompts/0/tool']);
    const stray = { ...PROMPT, arguments: [{ name: 'other' }] };
    expect(problemsOf({ prompts: [stray] })).toEqual(['/mcp/prompts/0/tool']);
    const open = { ...RESOURCE, uri: 'things://all/{other}' };
    expect(problemsOf({ resources: [open] })).toEqual(['/mcp/resources/0/tool']);
  });

  test('need a tool that answers in parts', () => {
    const { result: _, ...plain } = TOOL;
    expect(problemsOf({ prompts: [PROMPT] }, plain)).toEqual(['/mcp/prompts/0/tool']);
  });

  test('have a name or a URI of their own', () => {
    expect(problemsOf({ prompts: [PROMPT, PROMPT] })).toEqual(['/mcp/prompts/1/name']);
    expect(problemsOf({ resources: [RESOURCE, RESOURCE] })).toEqual(['/mcp/resources/1/uri']);
  });

  test.each([
    'sallyport://plugins/x',
    'no-scheme',
    'things://all/{id}{',
    'things://all/{Id}',
    'things://all/{id} ',
    'things://all/a?b',
    `things://${'a'.repeat(504)}`,
  ])('do not take in a URI such as %j', (uri) => {
    expect(problemsOf({ resources: [{ ...RESOURCE, uri }] })).toContain('/mcp/resources/0/uri');
  });

  test('take in a URI of 512 characters', () => {
    const uri = `things://${'a'.repeat(503)}`;
    expect(problemsOf({ resources: [{ ...RESOURCE, uri }] })).toEqual([]);
  });

  test('are at most 64 of a kind', () => {
    const prompts = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ ...PROMPT, name: `ask-${index}` }));
    expect(problemsOf({ prompts: prompts(64) })).toEqual([]);
    expect(problemsOf({ prompts: prompts(65) })).toEqual(['/mcp/prompts']);
  });
});

describe('a tool that asks its client', () => {
  const asking = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
    ...TOOL,
    asksClient: true,
    inputSchema: { type: 'object', properties, ...more },
  });

  test('has an optional argument for the answers, and answers in parts', () => {
    const clientInput = { type: 'object' };
    expect(problemsOf({}, asking({ clientInput }))).toEqual([]);
    expect(problemsOf({}, asking({}))).toEqual(['/tools/0/asksClient']);
    expect(problemsOf({}, asking({ clientInput }, { required: ['clientInput'] }))).toEqual([
      '/tools/0/asksClient',
    ]);
    const { result: _, ...plain } = asking({ clientInput });
    expect(problemsOf({}, plain)).toEqual(['/tools/0/asksClient']);
  });
});

test('variablesOf() names what a URI leaves open, in order', () => {
  expect(variablesOf('a://{first}/b/{second}')).toEqual(['first', 'second']);
  expect(variablesOf('a://b')).toEqual([]);
});
