import { describe, expect, test } from 'vitest';
import { HARDENING_VERSION } from '../../src/wasm-hardening/harden.ts';
import { detailsOf, findingsOf, importing, moduleOf, review, wasi } from './support/upload.ts';

const MAX_BYTES = 8 * 1024 * 1024;

const HEADER = [0, 97, 115, 109, 1, 0, 0, 0];
const COMPONENT = Uint8Array.of(0, 97, 115, 109, 13, 0, 1, 0);
/** The body of the tool answers an `i64` where its type has an `i32`. */
const WRONG_TYPES = Uint8Array.from(moduleOf(), (byte) => (byte === 0x41 ? 0x42 : byte));

describe('a module', () => {
  test('is accepted as what it is hardened to, under the hash of the upload', () => {
    const code = moduleOf('(memory (export "memory") 1)');
    const { review: seen, accepted } = review({ code });
    expect(seen).toMatchObject({ verdict: 'acceptable', findings: [] });
    expect(accepted?.codeSha256).toBe(seen.plugin?.codeSha256);
    expect(accepted?.code).toMatchObject({ original: code, hardeningVersion: HARDENING_VERSION });
    const hardened = Uint8Array.from(accepted?.code?.hardened ?? []);
    expect(WebAssembly.validate(hardened)).toBe(true);
    expect(Buffer.from(hardened).toString('latin1')).toContain('__sallyport_fuel');
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['a text', Buffer.from('(module)')],
    ['a module that is cut short', moduleOf().slice(0, -1)],
    ['a component', COMPONENT],
  ])('is not %s', (_, code) => {
    expect(findingsOf({ code })).toEqual(['refuse module_invalid /module']);
    expect(review({ code }).accepted).toBeUndefined();
  });

  test.each([
    ['a component', COMPONENT, /^Cannot harden module at byte 4: components must not be used/],
    ['of other bytes', Buffer.from('(module)'), /at byte 0: module must begin with "\\0asm"/],
    ['of an unknown section', Uint8Array.of(...HEADER, 77, 0), /at byte 8: section id 77/],
    ['cut short', moduleOf().slice(0, -1), /at byte [0-9]+: /],
    ['of wrong types', WRONG_TYPES, /^must be valid WebAssembly$/],
  ])('that no engine takes is described where that can be told: %s', (_, code, words) => {
    expect(detailsOf('module_invalid', { code })).toEqual([expect.stringMatching(words)]);
  });

  test('that is source says what source needs, and no module does', () => {
    const of = (code: Uint8Array) => detailsOf('module_invalid', { code }).join();
    expect(of(Buffer.from('export function f() {}'))).toContain('"language": "javascript"');
    expect(of(moduleOf().slice(0, -1))).not.toContain('javascript');
  });

  test('has at most 8 MiB', () => {
    expect(findingsOf({ code: new Uint8Array(MAX_BYTES + 1) })).toEqual([
      'refuse module_too_large /module',
    ]);
    expect(findingsOf({ code: new Uint8Array(MAX_BYTES) })).toEqual([
      'refuse module_invalid /module',
    ]);
  });

  test('must be there for the wasm tier, and only for it', () => {
    expect(findingsOf({ code: undefined })).toEqual(['refuse code_missing /module']);
    const process = { tier: 'process', process: { command: ['/bin/true'] } };
    expect(findingsOf({ manifest: process })).toEqual(['refuse code_unexpected /module']);
    expect(findingsOf({ manifest: process, code: undefined })).toEqual([]);
    const { accepted, review: shown } = review({ manifest: process, code: undefined });
    expect(accepted?.codeSha256).toBe(shown.plugin?.manifestSha256);
    expect(accepted?.code).toBeUndefined();
  });

  test('says where it is refused, and why', () => {
    const code = moduleOf('(memory 1 2 shared)');
    expect(detailsOf('module_rejected', { code })).toEqual([
      expect.stringMatching(/^Cannot harden module at byte [0-9]+: threads must not be used/),
    ]);
  });

  test('keeps within the memory that its manifest asks for', () => {
    const code = moduleOf('(memory 300)');
    expect(findingsOf({ code })).toEqual(['refuse module_rejected /module']);
    expect(findingsOf({ code, manifest: { limits: { memoryPages: 299 } } })).toHaveLength(1);
    expect(findingsOf({ code, manifest: { limits: { memoryPages: 300 } } })).toEqual([]);
  });
});

describe('imports', () => {
  test('are named one by one when nobody offers them, each with what would be needed', () => {
    const code = moduleOf(
      importing('my_function', 'extism:host/user'),
      importing('alloc'),
      importing('input_set'),
      importing('path_open', 'wasi_unstable'),
      importing('__wbindgen_throw', 'wbg'),
      importing('emscripten_memcpy_big', 'env'),
      importing('x', 'unheard-of'),
    );
    const details = detailsOf('import_unsupported', { code });
    expect(details).toHaveLength(6);
    for (const [index, words] of [
      /"my_function".*host functions of your own/,
      /"input_set".*Extism 1\.x/,
      /"path_open" of "wasi_unstable".*preview 1/,
      /"__wbindgen_throw".*wasm-bindgen/,
      /"emscripten_memcpy_big".*WASI preview 1/,
      /"x" of "unheard-of"/,
    ].entries()) {
      expect(details[index]).toMatch(words);
    }
  });

  test.each([
    ['constructor', 'toString'],
    ['__proto__', 'alloc'],
    ['extism:host/env', 'reset'],
    ['extism:host/user', '__proto__'],
    ['wasi_snapshot_preview1', 'fd_everything'],
  ])('of %s %s are refused', (module, name) => {
    expect(findingsOf({ code: moduleOf(importing(name, module)) })).toEqual([
      'refuse import_unsupported /module',
    ]);
  });

  test('under another type than the host has them in are refused with both', () => {
    const code = moduleOf(
      importing('fd_write', 'wasi_snapshot_preview1', '(i64)->(f64)'),
      importing('input_length', 'extism:host/env', '()->(i32)'),
      importing('config_get', 'extism:host/env', '(i64)->(externref)'),
      importing('alloc'),
    );
    expect(detailsOf('import_unsupported', { code })).toEqual([
      'must import "fd_write" of "wasi_snapshot_preview1" as (i32,i32,i32,i32)->(i32), and imports it as (i64)->(f64)',
      'must import "input_length" of "extism:host/env" as ()->(i64), and imports it as ()->(i32)',
      'must import "config_get" of "extism:host/env" as (i64)->(i64), and imports it as (i64)->(externref)',
    ]);
    expect(review({ code }).accepted).toBeUndefined();
  });

  test('with hostile names are shown in printable ASCII, cut short, and not all of them', () => {
    const name = `\\1b[2J${'x'.repeat(200)}`;
    const code = moduleOf(
      ...Array.from({ length: 100 }, (_, index) => importing(`${name}${index}`, '\\e2\\80\\ae')),
    );
    const details = detailsOf('import_unsupported', { code });
    expect(details).toHaveLength(32);
    for (const detail of details) {
      expect(detail).toMatch(/^[ -~…]*$/);
      expect(detail.length).toBeLessThan(300);
    }
  });

  test('are reported together with what else is wrong with the module', () => {
    const code = moduleOf(importing('nothing', 'nobody'), '(memory 300)');
    expect(findingsOf({ code })).toEqual([
      'refuse module_rejected /module',
      'refuse import_unsupported /module',
    ]);
  });

  test('that never do anything are mentioned', () => {
    const code = moduleOf(wasi('path_open'), wasi('sock_recv'), wasi('fd_write'));
    expect(findingsOf({ code })).toEqual(['info import_without_effect /module']);
    expect(detailsOf('import_without_effect', { code })).toEqual([
      expect.stringMatching(/"path_open", "sock_recv": .*not capable/),
    ]);
  });

  test('of clock and chance say what they answer', () => {
    const code = moduleOf(wasi('clock_time_get'), wasi('random_get'));
    expect(findingsOf({ code })).toEqual([
      'info ambient_constant /module',
      'info ambient_constant /module',
    ]);
    const wasm = { clock: true, randomness: true };
    expect(findingsOf({ code, manifest: { wasm } })).toEqual([]);
    expect(findingsOf({ manifest: { wasm } })).toEqual([
      'warn capability_unused /wasm/clock',
      'warn capability_unused /wasm/randomness',
    ]);
  });
});

describe('tools', () => {
  const tool = (name: string, entry = name) => ({
    ...{ name, entry, description: 'x', inputSchema: { type: 'object', properties: {} } },
  });
  const code = moduleOf(
    '(memory (export "memory") 1)',
    '(func (export "silent"))',
    '(func (export "asks") (param i32) (result i32) (i32.const 0))',
    '(func (export "wide") (result i64) (i64.const 0))',
  );
  const entries = (...tools: object[]) => findingsOf({ code, manifest: { tools } });

  test('are exports that take nothing and give a status, or nothing', () => {
    expect(entries(tool('a', 'run'), tool('b', 'silent'))).toEqual([]);
  });

  test('are reported each by its pointer when they are not', () => {
    expect(
      entries(
        tool('a', 'run'),
        tool('b', 'nowhere'),
        tool('c', 'memory'),
        tool('d', 'asks'),
      ).concat(entries(tool('e', 'wide'))),
    ).toEqual([
      'refuse entry_missing /tools/1/entry',
      'refuse entry_missing /tools/2/entry',
      'refuse entry_missing /tools/3/entry',
      'refuse entry_missing /tools/0/entry',
    ]);
  });
});

describe('an import that does nothing without its capability', () => {
  test.each([
    ['http_request', 'extism:host/env', 'tool:network:http:api.example.org:443'],
    ['kv_get', 'extism:host/user', 'storage:workspace:read'],
    ['kv_set', 'extism:host/user', 'storage:workspace:write'],
  ])('%s wants a manifest that asks for it', (name, module, capability) => {
    const code = moduleOf(importing(name, module));
    expect(findingsOf({ code })).toEqual(['refuse capability_missing /capabilities']);
    expect(findingsOf({ code, manifest: { capabilities: [capability] } })).toEqual([]);
  });
});
