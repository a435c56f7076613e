import { describe, expect, test } from 'vitest';
import {
  dataOf,
  detailsOf,
  findingsOf,
  importing,
  moduleOf,
  review,
  wasi,
} from './support/upload.ts';

const HTTP = importing('http_request');
const kv = (name: string) => importing(name, 'extism:host/user');
const urlTool = {
  name: 'run',
  description: 'Fetches',
  inputSchema: {
    type: 'object',
    properties: { url: { type: 'string', format: 'uri' } },
    required: ['url'],
  },
  requires: ['tool:network:http:{url.host}:{url.port}'],
};
const neededOf = (code: Uint8Array, capabilities: readonly string[], changes: object = {}) =>
  review({ code, manifest: { capabilities, ...changes } }).review.capabilities?.needed;

describe('what a plugin needs', () => {
  test('is nothing for a module that imports nothing', () => {
    expect(neededOf(moduleOf(), [])).toEqual([]);
    expect(neededOf(moduleOf(importing('alloc'), wasi('fd_write')), [])).toEqual([]);
  });

  test('follows from imports, with a blank where nothing better is known', () => {
    expect(neededOf(moduleOf(HTTP), [])).toEqual([
      {
        family: 'tool:network:http',
        suggested: ['tool:network:http:<host>:<port>'],
        because: ['the code imports "http_request"'],
      },
    ]);
    expect(neededOf(moduleOf(kv('kv_get'), kv('kv_list'), kv('kv_delete')), [])).toEqual([
      {
        family: 'storage:workspace:read',
        suggested: ['storage:workspace:read'],
        because: ['the code imports "kv_get"', 'the code imports "kv_list"'],
      },
      {
        family: 'storage:workspace:write',
        suggested: ['storage:workspace:write'],
        because: ['the code imports "kv_delete"'],
      },
    ]);
  });

  test('is suggested from the hosts that the code names', () => {
    const data = dataOf(
      Buffer.concat([
        Buffer.from('GET https://api.example.com/v1/things\0http://plain.example.org?x'),
        Buffer.from('\0\0see http://localhost/ and https://UPPER.example.net:8443/ too\0'),
        Buffer.from('https://api.example.com/other', 'utf16le'),
      ]),
    );
    expect(neededOf(moduleOf(HTTP, data), [])).toMatchObject([
      {
        suggested: [
          'tool:network:http:api.example.com:443',
          'tool:network:http:plain.example.org:80',
          'tool:network:http:upper.example.net:8443',
        ],
      },
    ]);
    expect(neededOf(moduleOf(data), [])).toEqual([]);
  });

  test('finds hosts behind other texts, as compilers lay constants down', () => {
    const data = dataOf('cannot parse replyhttps://api.example.com/v1/thingsretry');
    expect(neededOf(moduleOf(HTTP, data), [])).toMatchObject([
      { suggested: ['tool:network:http:api.example.com:443'] },
    ]);
  });

  test('is what the manifest asks for, if that is narrow already', () => {
    const own = ['tool:network:http:mine.example.org:443'];
    const data = dataOf('https://other.example.com/ is named here');
    expect(neededOf(moduleOf(HTTP, data), own)).toMatchObject([{ suggested: own }]);
    expect(neededOf(moduleOf(HTTP, data), ['tool:network:http:*'])).toMatchObject([
      { suggested: ['tool:network:http:other.example.com:443'] },
    ]);
  });

  test('follows from what tools require', () => {
    const changes = { tools: [urlTool] };
    expect(neededOf(moduleOf(), ['tool:network:http:*'], changes)).toMatchObject([
      { family: 'tool:network:http', because: ['tool "run" requires it'] },
    ]);
  });

  test('holds the secret that a setting names', () => {
    const property = (more: object) => ({
      config: { type: 'object', properties: { key: { type: 'string', ...more } } },
    });
    const secret = property({ secret: true });
    expect(neededOf(moduleOf(), [], secret)).toEqual([
      {
        family: 'system:secret:use',
        suggested: ['system:secret:use:<name>'],
        because: ['a setting of the manifest is a secret'],
      },
    ]);
    const own = ['system:secret:use:weather-key'];
    expect(neededOf(moduleOf(), own, secret)).toMatchObject([{ suggested: own }]);
    expect(neededOf(moduleOf(), own, property({}))).toEqual([]);
  });

  test('holds the clock where it is imported and asked for', () => {
    const code = moduleOf(wasi('clock_time_get'));
    expect(neededOf(code, [], { wasm: { clock: true } })).toMatchObject([
      { family: 'system:clock:read' },
    ]);
    expect(neededOf(code, [])).toEqual([]);
  });
});

describe('what a manifest asks for', () => {
  const warningsOf = (code: Uint8Array, capabilities: readonly string[], changes: object = {}) =>
    findingsOf({ code, manifest: { capabilities, ...changes } });

  test('is in vain if neither the code nor a tool can use it', () => {
    expect(warningsOf(moduleOf(), ['tool:exec', 'block:send'])).toEqual([
      'warn capability_unused /capabilities/0',
      'warn capability_unused /capabilities/1',
    ]);
    expect(warningsOf(moduleOf(kv('kv_get')), ['storage:workspace:*'])).toEqual([]);
    expect(
      warningsOf(moduleOf(kv('kv_get')), ['storage:workspace:read', 'storage:memory:read']),
    ).toEqual(['warn capability_unused /capabilities/1']);
  });

  test('is not in vain if a setting of the plugin is a secret', () => {
    const config = { type: 'object', properties: { key: { type: 'string', secret: true } } };
    const asked = ['system:secret:use:weather-key'];
    expect(warningsOf(moduleOf(), asked, { config })).toEqual([]);
    expect(warningsOf(moduleOf(), asked)).toEqual(['warn capability_unused /capabilities/0']);
  });

  test('is wide if it could be narrower', () => {
    const wide = ['tool:network:http', 'tool:network:http:*', 'tool:*'];
    expect(warningsOf(moduleOf(HTTP), wide)).toEqual([
      'warn capability_wide /capabilities/0',
      'warn capability_wide /capabilities/1',
      'warn capability_wide /capabilities/2',
    ]);
    expect(
      detailsOf('capability_wide', { code: moduleOf(HTTP), manifest: { capabilities: wide } }),
    ).toEqual(wide.map(() => expect.stringContaining('"tool:network:http:<host>:<port>"')));
    expect(warningsOf(moduleOf(HTTP), ['tool:network:http:*.example.com:443'])).toEqual([]);
  });

  test('is asked for by a tool, if not by the code', () => {
    const tools = [urlTool];
    const capabilities = ['tool:network:http:a.example:443'];
    expect(warningsOf(moduleOf(), capabilities, { tools })).toEqual([]);
  });
});
