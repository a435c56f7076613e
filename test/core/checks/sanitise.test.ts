import { describe, expect, test } from 'vitest';
import { approveCall } from '../../../src/core/checks/approve-call.ts';
import type { Label } from '../../../src/core/policy/labels.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import { compileKnownValues } from '../../../src/core/scan/known-values.ts';
import {
  makeAuthority,
  makeContext,
  makePlugin,
  makePolicy,
  makeTool,
  propose,
  tryTool,
  UNTRUSTED,
} from './fixture.ts';

const TOKEN = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;

function approve(tool: string, args: JsonObject, label?: Label) {
  return approveCall(propose(tool, args), makeContext(label === undefined ? {} : { label }));
}

function reasonFor(tool: string, args: JsonObject, label?: Label): string {
  const approved = approve(tool, args, label);
  return approved.ok ? 'approved' : approved.error.reason;
}

const LINE = makeTool('line', {
  inputSchema: { type: 'object', properties: { line: { type: 'string', maxLength: 64 } } },
});
const RUN = makeTool('run', {
  inputSchema: {
    type: 'object',
    properties: { argv: { type: 'array', items: { type: 'string', format: 'argv' } } },
  },
});
const HOST = makeTool('host', {
  inputSchema: {
    type: 'object',
    properties: { host: { type: 'string', 'x-sallyport-kind': 'host' } },
  },
});

function reasonOf(result: ReturnType<typeof tryTool>): string {
  return result.ok ? 'approved' : result.error.reason;
}

describe('check 5: sanitise', () => {
  test('hands on the canonical arguments, and only these', () => {
    const approved = approve('fetch', { url: 'HTTPS://API.Example.NET:443/a/../b#top' });
    expect(approved).toMatchObject({
      value: { call: { canonicalArguments: { url: 'https://api.example.net/b' } } },
    });
    expect(JSON.stringify(approved)).not.toContain('HTTPS');
  });

  test.each([
    ['/data/%2e%2e/etc/passwd', 'unsafe_path'],
    ['/data/../../etc', 'unsafe_path'],
    ['data/report.csv', 'unsafe_path'],
    ['/data/a\\b', 'unsafe_path'],
    ['/data/a\0.csv', 'unsafe_path'],
    ['/data/report.csv', 'approved'],
  ])('path %j: %s', (path, reason) => {
    expect(reasonFor('read-file', { path })).toBe(reason);
  });

  test.each([
    ['https://user:pass@api.example.net/', 'unsafe_url'],
    ['ftp://api.example.net/', 'unsafe_url'],
    ['https://0x7f.0.0.1/', 'unsafe_host'],
    ['https://2130706433/', 'unsafe_host'],
    ['https://127.0.0.1/', 'private_address'],
    ['https://169.254.169.254/latest/meta-data', 'private_address'],
    ['https://100.64.0.1/', 'private_address'],
    ['https://[::1]/', 'private_address'],
    ['https://printer.local/', 'private_address'],
    ['https://api.example.net/', 'approved'],
  ])('URL %s: %s', (url, reason) => {
    expect(reasonFor('fetch', { url })).toBe(reason);
  });

  test('lets a call name a private service that the policy exempts, by exactly its host and port', () => {
    const reason = (privateHosts: string[], url: string, newer = privateHosts) => {
      const exempting = (hosts: string[]) =>
        makeAuthority({ policy: makePolicy({ privateHosts: hosts }) });
      const context = makeContext({
        authority: exempting(privateHosts),
        newest: exempting(newer),
      });
      const approved = approveCall(propose('fetch', { url }), context);
      return approved.ok ? 'approved' : approved.error.reason;
    };
    expect(reason(['127.0.0.1:8080'], 'http://127.0.0.1:8080/')).toBe('approved');
    expect(reason(['[::1]:8080'], 'http://[0:0::1]:8080/')).toBe('approved');
    expect(reason(['printer.local:80'], 'http://Printer.local/')).toBe('approved');
    expect(reason(['127.0.0.1:8080'], 'http://127.0.0.1:8081/')).toBe('private_address');
    expect(reason(['127.0.0.1:8080'], 'http://127.0.0.2:8080/')).toBe('private_address');
    expect(reason(['127.0.0.1:8080'], 'http://127.1:8080/')).toBe('unsafe_host');
    expect(reason(['127.0.0.1:8080'], 'http://[::ffff:127.0.0.1]:8080/')).toBe('private_address');
    expect(reason(['127.0.0.1:8080'], 'http://127.0.0.1:8080/', [])).toBe('private_address');
    expect(reason([], 'http://127.0.0.1:8080/', ['127.0.0.1:8080'])).toBe('private_address');
  });

  test('exempts a host by itself whatever its port, which is asked when it is spoken to', () => {
    const authority = makeAuthority({
      plugins: [makePlugin('tried', [HOST])],
      policy: makePolicy({ privateHosts: ['db.internal:5432', '[::1]:80'] }),
    });
    expect(reasonOf(tryTool(HOST, { host: 'db.internal' }, { authority }))).toBe('approved');
    expect(reasonOf(tryTool(HOST, { host: '::1' }, { authority }))).toBe('approved');
    expect(reasonOf(tryTool(HOST, { host: 'db2.internal' }, { authority }))).toBe(
      'private_address',
    );
  });

  test('names the place of a problem, and nothing of the argument', () => {
    const denied = approve('fetch', { url: `https://127.0.0.1/${TOKEN}` });
    expect(denied).toEqual({
      ok: false,
      error: { kind: 'denial', check: 'sanitise', reason: 'private_address', pointer: '/url' },
    });
  });

  test('refuses control, bidi and invisible characters in one line, and allows them to be seen', () => {
    expect(reasonOf(tryTool(LINE, { line: 'a\nb' }))).toBe('unsafe_text');
    expect(reasonOf(tryTool(LINE, { line: 'a\u202eb' }))).toBe('unsafe_text');
    expect(reasonOf(tryTool(LINE, { line: 'a\u{e0041}b' }))).toBe('unsafe_text');
    expect(reasonOf(tryTool(LINE, { line: 'Grüße 👨‍👩‍👧' }))).toBe('approved');
  });

  test('refuses shell metacharacters where an argument vector is expected', () => {
    expect(reasonOf(tryTool(RUN, { argv: ['-l', 'a; rm -rf /'] }))).toBe('shell_metacharacter');
    expect(reasonOf(tryTool(RUN, { argv: ['-l', 'a b'] }))).toBe('approved');
  });

  test('refuses a host that only looks like its name', () => {
    expect(reasonOf(tryTool(HOST, { host: 'аpple.com' }))).toBe('unsafe_host');
    expect(reasonOf(tryTool(HOST, { host: 'apple.com' }))).toBe('approved');
  });

  test('refuses a requirement whose argument is not there', () => {
    const optional = makeTool('optional', {
      inputSchema: { type: 'object', properties: { path: { type: 'string', format: 'path' } } },
      requires: ['tool:file:read:{path}'],
    });
    expect(reasonOf(tryTool(optional, {}))).toBe('template_unfilled');
    expect(reasonOf(tryTool(optional, { path: '/data/a' }))).toBe('approved');
  });

  test('asks the schema again, of the canonical arguments', () => {
    const short = makeTool('short', {
      inputSchema: {
        type: 'object',
        properties: { path: { type: 'string', format: 'path', minLength: 12 } },
      },
    });
    expect(reasonOf(tryTool(short, { path: '/data/a/././b/' }))).toBe('schema_mismatch');
    const denied = tryTool(short, { path: '/data/a/././b/' });
    expect(denied).toMatchObject({ error: { check: 'sanitise', pointer: '/path' } });
  });

  test.each<[string, JsonObject]>([
    ['as a value', { text: `my key: ${TOKEN}` }],
    ['within the escapes of JSON', { text: `line\n"${TOKEN}"` }],
    ['percent-encoded', { text: `q=%20${TOKEN.replace('_', '%5F')}` }],
    ['with invisible joiners', { text: TOKEN.replace('ghp', 'gh\u200dp') }],
  ])('refuses a secret on its way out: %s', (_, args) => {
    expect(approve('text-stats', args)).toEqual({
      ok: false,
      error: { kind: 'denial', check: 'sanitise', reason: 'secret_in_arguments' },
    });
  });

  test('refuses a secret as the name of a member', () => {
    const open = makeTool('open', {
      inputSchema: { type: 'object', additionalProperties: true },
    });
    expect(reasonOf(tryTool(open, { [TOKEN]: 1 }))).toBe('secret_in_arguments');
  });

  test("refuses the workspace's own secrets, however they are written, and nothing else", () => {
    const value = 'of "no" form\\that a rule knows';
    const known = compileKnownValues([{ name: 'db-password', value }]);
    const said = (text: string, changes = { known }) =>
      reasonOf(tryTool(LINE, { line: text }, changes));
    const told = [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)];
    for (const text of told) expect(said(text)).toBe('secret_in_arguments');
    expect(said(value.slice(1))).toBe('approved');
    for (const text of told) expect(reasonOf(tryTool(LINE, { line: text }))).toBe('approved');
  });

  test('the arguments of a denied call are nowhere in the denial', () => {
    const texts = [TOKEN, '/etc/shadow-of-alice', 'https://user:pw@x.example.net/'];
    for (const text of texts) {
      for (const [tool, args] of [
        ['text-stats', { text, more: text }],
        ['read-file', { path: `${text}\0` }],
        ['fetch', { url: `${text}\\` }],
      ] as const) {
        const denied = JSON.stringify(approve(tool, args));
        expect(denied).toContain('"denial"');
        expect(denied).not.toContain(text);
      }
    }
  });

  test('private data, an outsider’s text and a way out never meet', () => {
    const secret: Label = { integrity: 'untrusted', confidentiality: 'secret' };
    const post = { url: 'https://api.example.net/', body: 'summary' };
    expect(reasonFor('fetch', post)).toBe('approved');
    expect(reasonFor('fetch', post, UNTRUSTED)).toBe('approved');
    expect(reasonFor('fetch', post, { ...secret, integrity: 'trusted' })).toBe('approved');
    expect(reasonFor('fetch', post, secret)).toBe('approval_required');
    expect(reasonFor('read-file', { path: '/data/a' }, secret)).toBe('approved');
    expect(reasonFor('text-stats', { text: 'a' }, secret)).toBe('approved');
  });

  test('a tool that reads private data and sends it out needs a turn that trusts all it read', () => {
    const upload = makeTool('upload', {
      inputSchema: {
        type: 'object',
        properties: {
          path: { type: 'string', format: 'path' },
          url: { type: 'string', format: 'uri' },
        },
        required: ['path', 'url'],
      },
      requires: ['tool:file:read:{path}', 'tool:network:http:{url.host}:{url.port}'],
    });
    const args = { path: '/data/a', url: 'https://api.example.net/' };
    expect(reasonOf(tryTool(upload, args))).toBe('approved');
    expect(reasonOf(tryTool(upload, args, { label: UNTRUSTED }))).toBe('approval_required');
  });
});
