/** Names, numbers and pieces of configuration on the pages, held against the code that goes by them. */

import { describe, expect, test } from 'vitest';
import { AUDIT_ACTIONS } from '../src/core/audit/audit-event.ts';
import { BLOCK_LIMIT_CEILINGS, DEFAULT_BLOCK_LIMITS } from '../src/core/blocks/block-limits.ts';
import { allows } from '../src/core/capabilities/capability-set.ts';
import { expandGrants } from '../src/core/capabilities/expand.ts';
import { parseCapability } from '../src/core/capabilities/pattern.ts';
import { manifestJsonSchema, parseManifest } from '../src/core/manifest/manifest.ts';
import { DEFAULT_POLICY, policySchema } from '../src/core/policy/policy.ts';
import { DEFAULT_TURN_LIMITS, TURN_LIMIT_CEILINGS } from '../src/core/policy/turn-limits.ts';
import type { JsonObject } from '../src/core/primitives/json.ts';
import { parseLocalPolicy } from '../src/executor/local-policy.ts';
import { codeIn, inFolder, read, rowsOf } from './support/pages.ts';

/** Of RFC 8032, test 1. */
const PUBLIC_KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';

const docs = inFolder('docs', '.md');
const source = inFolder('src', '.ts');
const textOf = (path: string) => read(path).text;

const written = (value: number | undefined) => value?.toLocaleString('en-US') ?? '';
const fencedIn = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block,
  );

/** Of a table of limits what it says of each: default and ceiling. */
const limitsOn = (path: string, members: readonly string[]) =>
  Object.fromEntries(
    rowsOf(textOf(path)).flatMap(([name = '', , usual, most]) => {
      const [member = ''] = codeIn(name);
      return members.includes(member) ? [[member, [usual, most]]] : [];
    }),
  );

test('docs/budgets.md says what bounds a turn', () => {
  const members = Object.keys(DEFAULT_TURN_LIMITS) as (keyof typeof DEFAULT_TURN_LIMITS)[];
  expect(limitsOn('docs/budgets.md', members)).toEqual(
    Object.fromEntries(
      members.map((member) => [
        member,
        [written(DEFAULT_TURN_LIMITS[member]), written(TURN_LIMIT_CEILINGS[member])],
      ]),
    ),
  );
});

test('docs/budgets.md says what is bounded unless somebody says otherwise', () => {
  const { rates, budgets } = DEFAULT_POLICY;
  const page = textOf('docs/budgets.md');
  expect([rates.workspace.periodMs, rates.principal.periodMs, rates.session.periodMs]).toEqual([
    60_000, 60_000, 60_000,
  ]);
  expect(page).toContain(`\`workspace\` (${rates.workspace.calls} a minute unless said)`);
  expect(page).toContain(`\`principal\` (${rates.principal.calls})`);
  expect(page).toContain(`\`session\` (${rates.session.calls})`);
  const { tokens, costMicroUsd } = budgets.workspace.day;
  expect(tokens).toBe(costMicroUsd);
  expect(page).toContain(`by ${written(tokens)} of both unless said`);
});

test('docs/blocks.md says what bounds a block', () => {
  const members = Object.keys(BLOCK_LIMIT_CEILINGS) as (keyof typeof BLOCK_LIMIT_CEILINGS)[];
  expect(limitsOn('docs/blocks.md', members)).toEqual(
    Object.fromEntries(
      members.map((member) => [
        member,
        [written(DEFAULT_BLOCK_LIMITS[member]), written(BLOCK_LIMIT_CEILINGS[member])],
      ]),
    ),
  );
});

test('every piece of a policy on a page is one that a workspace takes', () => {
  const pieces = docs.flatMap(({ path, text }) =>
    fencedIn(text, 'json').flatMap((block) => {
      const whole = block.trim().startsWith('{') ? block : `{${block}}`;
      const piece = JSON.parse(whole.replace('…43 characters…', PUBLIC_KEY));
      const isPolicy = Object.keys(piece).every((member) => member in DEFAULT_POLICY);
      return isPolicy ? [{ path, piece }] : [];
    }),
  );
  expect(pieces.length).toBeGreaterThan(8);
  for (const { path, piece } of pieces) {
    const { success, error } = policySchema.safeParse({ ...DEFAULT_POLICY, ...piece });
    expect({ path, success, error }).toEqual({ path, success: true, error: undefined });
  }
});

test('the executor.toml that docs/executor.md shows is one, and names all of its members', () => {
  const [whole = '', section = ''] = fencedIn(textOf('docs/executor.md'), 'toml');
  expect(parseLocalPolicy(whole)).toMatchObject({ ok: true });
  expect(parseLocalPolicy(`plugin_folder = "/opt"\n${section}`)).toMatchObject({ ok: true });
  const [, schema = ''] = /policySchema = z\.strictObject\(\{(.*?)\n\}\);/s.exec(
    textOf('src/executor/local-policy.ts'),
  ) ?? [''];
  const members = [...schema.matchAll(/([a-z_]+): (?:z|absolute|denyListSchema|executorLimit)/g)];
  expect(members.length).toBeGreaterThan(10);
  const missing = members.filter(
    ([, member]) => !new RegExp(`\\b${member}(?: =|\\])`).test(textOf('docs/executor.md')),
  );
  expect(missing.map(([, member]) => member)).toEqual([]);
});

describe('docs/audit.md', () => {
  const named = new Set(codeIn(textOf('docs/audit.md')));

  test('names every action', () => {
    expect(AUDIT_ACTIONS.filter((action) => !named.has(action))).toEqual([]);
  });

  test('names every member of an event', () => {
    const [, event = ''] = textOf('src/core/audit/audit-event.ts').split('type AuditEvent = {');
    const members = [...event.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(
      ([, member = '']) => member,
    );
    expect(members.length).toBeGreaterThan(30);
    expect(members.filter((member) => !named.has(member))).toEqual([]);
  });
});

test('every variable that a gateway, a command or an executor reads is on a page', () => {
  const bindings = source
    .filter(({ path }) => path.endsWith('bindings.ts'))
    .flatMap(({ text }) => [...text.matchAll(/readonly ([A-Z][A-Z_]+)\?: string/g)]);
  const environment = [...source, ...inFolder('scripts', '.mjs')].flatMap(({ text }) => [
    ...text.matchAll(/\benv\.((?:SALLYPORT|MODEL)_[A-Z_]+)/g),
  ]);
  const names = [...new Set([...bindings, ...environment].map(([, name = '']) => name))];
  expect(names.length).toBeGreaterThan(20);
  const missing = names.filter((name) => !docs.some(({ text }) => text.includes(name)));
  expect(missing).toEqual([]);
});

test('the token that docs/incident-response.md asks for may do all that the page does', () => {
  const page = textOf('docs/incident-response.md');
  const [before = ''] = page.split('```sh');
  const held = codeIn(before).filter((code) => /^(system|session):/.test(code));
  const { patterns } = expandGrants(held);
  const routes = inFolder('src/gateway/routes', '.ts').flatMap(({ text }) =>
    [...text.matchAll(/method: '(\w+)',\s*path: '([^']+)',[\s\S]*?access: '([^']+)'/g)].map(
      ([, method, path = '', access = '']) => ({
        method,
        path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
        access,
      }),
    ),
  );
  const asked = [...page.matchAll(/\bcall (?:-X (\w+) )?"\$URL(\/v1\/[^"?]*)[^"]*"([^\n;`]*)/g)];
  const needed = asked.map(([, method, path = '', rest = '']) => {
    const by = method ?? (/^ -d /.test(rest) ? 'POST' : 'GET');
    const plain = path.replaceAll(/\$\{?\w+\}?/g, 'x');
    return routes.find((one) => one.method === by && one.path.test(plain))?.access ?? path;
  });
  expect(needed.length).toBeGreaterThan(25);
  const missing = needed.filter((text) => {
    const capability = parseCapability(text);
    return !capability.ok || !allows(patterns, capability.value);
  });
  expect([...new Set(missing)]).toEqual([]);
});

describe('docs/plugins/manifest.md', () => {
  const page = textOf('docs/plugins/manifest.md');

  test('names every member of a manifest, of a tool, of its limits and of the wasm tier', () => {
    const membersOf = (schema: unknown) =>
      Object.keys((schema as { readonly properties?: object }).properties ?? {});
    const { properties } = manifestJsonSchema() as { readonly properties: JsonObject };
    const tools = properties.tools as { readonly items: JsonObject };
    const { annotations } = tools.items.properties as JsonObject;
    const members = [
      ...Object.keys(properties),
      ...[tools.items, annotations, properties.limits, properties.wasm].flatMap(membersOf),
    ];
    expect(members.length).toBeGreaterThan(35);
    const named = new Set(codeIn(page.replaceAll(/```[\s\S]*?```/g, '')));
    expect(members.filter((member) => !named.has(member))).toEqual([]);
  });

  test('shows a tool that a manifest may hold', () => {
    const [tool = ''] = fencedIn(page, 'json');
    const manifest = parseManifest({
      ...{ name: 'rates', version: '1.0.0', kind: 'tool', tier: 'wasm', license: 'MIT' },
      capabilities: ['tool:network:http:*:*', 'storage:workspace:write'],
      tools: [JSON.parse(tool)],
    });
    expect(manifest).toMatchObject({ ok: true });
  });
});
