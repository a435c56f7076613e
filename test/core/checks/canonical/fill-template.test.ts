import { describe, expect, test } from 'vitest';
import { canonicaliseArguments } from '../../../../src/core/checks/canonical/canonicalise-arguments.ts';
import { checkTemplate } from '../../../../src/core/checks/canonical/check-template.ts';
import {
  fillTemplate,
  MAX_CAPABILITIES_PER_TEMPLATE,
} from '../../../../src/core/checks/canonical/fill-template.ts';
import { readTemplate } from '../../../../src/core/checks/canonical/requirement-template.ts';
import type { JsonObject } from '../../../../src/core/primitives/json.ts';
import { admit } from '../schema/admit.ts';

const path = { type: 'string', format: 'path' };
const url = { type: 'string', format: 'uri' };
const SCHEMA = admit({
  properties: {
    path,
    paths: { type: 'array', items: path },
    moves: { type: 'array', items: { properties: { from: path, to: path, url } } },
    source: { properties: { path, url } },
    url,
    urls: { 'x-sallyport-kind': 'url' },
    host: { type: 'string', format: 'hostname' },
    port: { type: 'integer' },
    name: { type: 'string', maxLength: 64 },
    program: { type: 'string', 'x-sallyport-kind': 'command' },
    flag: { type: 'boolean' },
  },
});

/** The capabilities that a template yields, or the reason why it yields none. */
function fill(template: string, args: JsonObject): readonly string[] | string {
  const filled = fillTemplate(template, canonicaliseArguments(args, SCHEMA));
  return filled.ok ? filled.value : `! ${filled.error}`;
}

const HTTP = 'tool:network:http:{url.host}:{url.port}';

describe('fillTemplate()', () => {
  test.each([
    ['storage:memory:read', {}, ['storage:memory:read']],
    ['storage:db:main', {}, ['storage:db:main']],
    ['tool:network:http:api.example.com:443', {}, ['tool:network:http:api.example.com:443']],
    ['tool:file:read:{path}', { path: '/data/./a' }, ['tool:file:read:/data/a']],
    ['tool:file:read:{path}', { path: '/' }, ['tool:file:read:/']],
    ['tool:file:read:{path}', { path: '/a:b*c %41' }, ['tool:file:read:/a%3Ab%2Ac%20A']],
    ['tool:file:write:{source.path}', { source: { path: '/é' } }, ['tool:file:write:/%C3%A9']],
    [
      'tool:file:read:{paths.*}',
      { paths: ['/a', '/b'] },
      ['tool:file:read:/a', 'tool:file:read:/b'],
    ],
    ['tool:file:read:{paths.*}', { paths: [] }, []],
    ['tool:file:write:{moves.*.to}', { moves: [{ to: '/x' }] }, ['tool:file:write:/x']],
    [HTTP, { url: 'https://Example.com' }, ['tool:network:http:example.com:443']],
    [HTTP, { url: 'http://example.com:8080/a' }, ['tool:network:http:example.com:8080']],
    [HTTP, { url: 'https://[2606:4700::1]/' }, ['tool:network:http:2606%3A4700%3A%3A1:443']],
    [
      'tool:network:websocket:{url.host}:{url.port}',
      { url: 'wss://example.com' },
      ['tool:network:websocket:example.com:443'],
    ],
    [
      'tool:network:http:{urls.*.host}:{urls.*.port}',
      { urls: ['https://a.example.com', 'http://b.example.com'] },
      ['tool:network:http:a.example.com:443', 'tool:network:http:b.example.com:80'],
    ],
    [
      'tool:network:http:{moves.*.url.host}:{moves.*.url.port}',
      { moves: [{ url: 'https://a.example.com' }] },
      ['tool:network:http:a.example.com:443'],
    ],
    [
      'tool:network:http:{host}:{port}',
      { host: 'Example.com', port: 8443 },
      ['tool:network:http:example.com:8443'],
    ],
    [
      'tool:network:http:{host}:443',
      { host: 'example.com' },
      ['tool:network:http:example.com:443'],
    ],
    ['storage:db:{name}', { name: 'a:b' }, ['storage:db:a%3Ab']],
    ['tool:exec:{program}', { program: '/bin/ls' }, ['tool:exec:/bin/ls']],
  ])('fills %s from %j', (template, args, capabilities) => {
    expect(fill(template, args as JsonObject)).toEqual(capabilities);
  });

  test.each([
    // An argument that could not be made canonical, or one beside it.
    ['tool:file:read:{path}', { path: '/../etc' }, 'argument_not_canonical'],
    ['tool:file:read:{paths.*}', { paths: ['/a', '/..'] }, 'argument_not_canonical'],
    [HTTP, { url: 'http://127.0.0.1/' }, 'argument_not_canonical'],
    // Absent, or of another kind than the capability needs.
    ['tool:file:read:{path}', {}, 'argument_missing'],
    ['tool:file:read:{paths.*}', {}, 'argument_missing'],
    ['tool:file:write:{moves.*.to}', { moves: [{ from: '/x' }] }, 'argument_missing'],
    ['tool:file:read:{toString}', {}, 'argument_missing'],
    ['tool:file:read:{path.length}', { path: '/a' }, 'argument_missing'],
    ['tool:file:read:{name}', { name: '/etc/passwd' }, 'argument_of_another_kind'],
    ['tool:file:read:{url}', { url: 'https://example.com' }, 'argument_of_another_kind'],
    ['tool:file:read:{paths}', { paths: ['/a'] }, 'argument_of_another_kind'],
    ['tool:file:read:{path.*}', { path: '/a' }, 'argument_of_another_kind'],
    ['storage:db:{url}', { url: 'https://example.com' }, 'argument_of_another_kind'],
    ['storage:db:{flag}', { flag: true }, 'argument_of_another_kind'],
    [HTTP, { url: 'wss://example.com' }, 'argument_of_another_kind'],
    [
      'tool:network:websocket:{url.host}:{url.port}',
      { url: 'https://example.com' },
      'argument_of_another_kind',
    ],
    [
      'tool:network:http:{url.host}:443',
      { url: 'https://a.example.com:8443' },
      'argument_of_another_kind',
    ],
    [
      'tool:network:http:{url.host}:{port}',
      { url: 'https://a.example.com', port: 1 },
      'argument_of_another_kind',
    ],
    [
      'tool:network:http:{url.host}:{source.url.port}',
      { url: 'https://a.example.com', source: { url: 'https://b.example.com' } },
      'argument_of_another_kind',
    ],
    ['tool:network:http:{name}:443', { name: 'example.com' }, 'argument_of_another_kind'],
    [
      'tool:network:http:{host}:{name}',
      { host: 'example.com', name: '1' },
      'argument_of_another_kind',
    ],
    ['tool:network:http:{host}:{port}', { host: 'example.com', port: 0 }, 'malformed_capability'],
    ['tool:network:http:{host}:{port}', { host: 'example.com', port: 1.5 }, 'malformed_capability'],
    ['tool:network:http:{host}:x', { host: 'example.com' }, 'malformed_capability'],
    ['tool:file:read:{path}', { path: `/${'a'.repeat(600)}` }, 'malformed_capability'],
    // Templates that are none.
    ['tool:file:read:/data/{path}', { path: '/a' }, 'malformed_template'],
    ['tool:file:read:{path}x', { path: '/a' }, 'malformed_template'],
    ['tool:file:read:{path}:{path}', { path: '/a' }, 'malformed_template'],
    ['tool:file:read:{}', {}, 'malformed_template'],
    ['tool:file:read:{paths.0}', { paths: ['/a', '/b'] }, 'malformed_template'],
    ['tool:file:read:{path', { path: '/a' }, 'malformed_template'],
    ['tool:file:read:{{path}}', { path: '/a' }, 'malformed_template'],
    ['tool:file:read:{a b}', {}, 'malformed_template'],
    ['tool:file:read:{paths.*.*}', {}, 'malformed_template'],
    ['tool:network:http:{url.host}', { url: 'https://example.com' }, 'malformed_template'],
    ['tool:network:http:{urls.*.host}:{url.port}', {}, 'malformed_template'],
    ['tool:network:http:{a.*.host}:{b.*.port}', {}, 'malformed_template'],
    ['tool:network:http:example.com:{port}', { port: 1 }, 'malformed_template'],
    ['{name}:read', { name: 'tool' }, 'malformed_template'],
    ['tool:{name}:read:/a', { name: 'file' }, 'malformed_template'],
    ['tool:unknown:{name}', { name: 'a' }, 'malformed_template'],
    ['storage:memory:read:{name}', { name: 'a' }, 'malformed_template'],
    ['tool:file:read:*', {}, 'malformed_capability'],
    ['', {}, 'malformed_capability'],
  ])('refuses %s with %j', (template, args, problem) => {
    expect(fill(template, args as JsonObject)).toBe(`! ${problem}`);
  });

  test('yields a bounded number of capabilities', () => {
    const paths = (count: number) => ({ paths: Array.from({ length: count }, (_, i) => `/f${i}`) });
    const template = 'tool:file:read:{paths.*}';
    expect(fill(template, paths(MAX_CAPABILITIES_PER_TEMPLATE))).toHaveLength(64);
    expect(fill(template, paths(MAX_CAPABILITIES_PER_TEMPLATE + 1))).toBe(
      '! too_many_capabilities',
    );
  });

  test('is not led astray by a member that is named like a part of a URL', () => {
    const schema = admit({
      properties: {
        url: { properties: { host: { format: 'hostname' }, port: { type: 'integer' } } },
      },
    });
    const args = { url: { host: 'example.com', port: 8443 } };
    expect(fillTemplate(HTTP, canonicaliseArguments(args, schema))).toEqual({
      ok: true,
      value: ['tool:network:http:example.com:8443'],
    });
  });
});

describe('readTemplate()', () => {
  test('takes a template apart', () => {
    expect(readTemplate('tool:network:http:{urls.*.host}:{urls.*.port}')).toEqual({
      family: 'tool:network:http',
      resource: 'host-port',
      slots: [
        { kind: 'argument', path: ['urls', '*', 'host'] },
        { kind: 'argument', path: ['urls', '*', 'port'] },
      ],
      each: ['urls'],
    });
  });

  test('reads nothing from a text without arguments', () => {
    expect(readTemplate('tool:file:read:/data')).toBeUndefined();
  });
});

describe('checkTemplate()', () => {
  test.each([
    'storage:memory:read',
    'tool:file:read:/data/a',
    'tool:file:read:{path}',
    'tool:file:read:{paths.*}',
    'tool:file:read:{source.path}',
    'tool:file:write:{moves.*.to}',
    'tool:network:http:{url.host}:{url.port}',
    'tool:network:http:{urls.*.host}:{urls.*.port}',
    'tool:network:http:{host}:{port}',
    'tool:network:http:{host}:443',
    'tool:exec:{program}',
    'storage:db:{name}',
  ])('accepts %s', (template) => {
    expect(checkTemplate(template, SCHEMA)).toEqual({ ok: true, value: undefined });
  });

  test.each([
    ['tool:file:read:*', 'be a capability'],
    ['tool:file:read:{missing}', 'name arguments that the schema declares'],
    ['tool:file:read:{path.length}', 'name arguments that the schema declares'],
    ['tool:file:read:{name}', 'name an argument of the format "path"'],
    ['tool:file:read:{paths}', 'name an argument of the format "path"'],
    ['tool:file:read:{url}', 'name an argument of the format "path"'],
    ['tool:file:read:/a/{path}', 'be a known capability with arguments for whole segments'],
    ['tool:file:destroy:{path}', 'be a known capability with arguments for whole segments'],
    ['tool:network:http:{url.host}:443', 'take its port from "{url.port}"'],
    ['tool:network:http:{url.host}:{source.url.port}', 'take its port from "{url.port}"'],
    ['tool:network:http:{name}:443', 'name an argument of the format "host"'],
    ['tool:network:http:{missing}:443', 'name arguments that the schema declares'],
    ['tool:network:http:example.com:{port}', 'be a known capability with arguments'],
  ])('refuses %s', (template, must) => {
    const checked = checkTemplate(template, SCHEMA);
    expect(!checked.ok && checked.error).toContain(must);
  });

  test('accepts every template of which a well-formed call fills something', () => {
    const args = {
      path: '/a',
      paths: ['/a'],
      url: 'https://example.com',
      host: 'a.com',
      port: 1,
      name: 'n',
    };
    const templates = [
      ...['tool:file:read:{path}', 'tool:file:read:{paths.*}', 'tool:file:read:{name}', HTTP],
      ...[
        'tool:network:http:{host}:{port}',
        'tool:network:http:{name}:{port}',
        'storage:db:{name}',
      ],
    ];
    for (const template of templates) {
      const isFilled = fillTemplate(template, canonicaliseArguments(args, SCHEMA)).ok;
      expect([template, checkTemplate(template, SCHEMA).ok]).toEqual([template, isFilled]);
    }
  });
});
