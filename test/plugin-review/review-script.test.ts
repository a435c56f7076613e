import { describe, expect, test } from 'vitest';
import { MAX_SCRIPT_BYTES, type ScriptFacts } from '../../src/plugin-review/script-facts.ts';
import { HARDENING_VERSION } from '../../src/wasm-hardening/harden.ts';
import { detailsOf, findingsOf, moduleOf, review } from './support/upload.ts';

const script = (facts?: Partial<ScriptFacts>, manifest: object = {}, source = 'export {}') => ({
  code: new TextEncoder().encode(source),
  manifest: { wasm: { language: 'javascript' }, ...manifest },
  ...(facts && { script: { imports: [], missing: [], ...facts } }),
});

describe('a script', () => {
  test('is accepted as it is, under its own hash', () => {
    const upload = script({});
    const { review: seen, accepted } = review(upload);
    expect(seen).toMatchObject({ verdict: 'acceptable', findings: [] });
    expect(accepted?.code).toEqual({
      ...{ original: upload.code, hardened: upload.code, hardeningVersion: HARDENING_VERSION },
    });
  });

  test('says so where no engine has looked at it', () => {
    expect(findingsOf(script())).toEqual(['info script_unchecked /module']);
  });

  test('is not taken for a module, nor a module for a script', () => {
    expect(findingsOf({ ...script({}), code: moduleOf() })).toEqual([
      'refuse script_invalid /module',
    ]);
    expect(findingsOf({ code: script().code })).toEqual(['refuse module_invalid /module']);
    const stated = { wasm: { language: 'wasm' } };
    expect(findingsOf({ code: moduleOf(), manifest: stated })).toEqual([]);
  });

  test('has at most 512 KiB', () => {
    const facts = {};
    const of = (length: number) => findingsOf(script(facts, {}, 'x'.repeat(length)));
    expect(of(MAX_SCRIPT_BYTES)).toEqual([]);
    expect(of(MAX_SCRIPT_BYTES + 1)).toEqual(['refuse module_too_large /module']);
  });

  test('has no zero bytes', () => {
    expect(findingsOf(script({}, {}, 'a\0b'))).toEqual(['refuse script_invalid /module']);
  });

  test('is told where it does not compile, in visible characters', () => {
    const problem = { message: 'unexpected \u202e token', line: 3, column: 7 };
    expect(detailsOf('script_invalid', script({ problem }))).toEqual([
      'must be a JavaScript module that compiles: unexpected \\u202e token (line 3, column 7)',
    ]);
    expect(detailsOf('script_invalid', script({ problem: { message: 'too deep' } }))).toEqual([
      'must be a JavaScript module that compiles: too deep',
    ]);
  });

  test('exports what its tools need', () => {
    const [entry] = review(script({})).accepted?.manifest.tools ?? [];
    expect(findingsOf(script({ missing: [entry?.entry ?? ''] }))).toEqual([
      'refuse entry_missing /tools/0/entry',
    ]);
    expect(findingsOf(script({ missing: ['another'] }))).toEqual([]);
  });

  test.each([
    ['sallyport:http', 'tool:network:http:example.com:443'],
    ['sallyport:storage', 'storage:workspace:read'],
    ['sallyport:storage', 'storage:workspace:write'],
  ])('needs for %s some capability, such as %s', (name, capability) => {
    const imports = [name];
    expect(findingsOf(script({ imports }))).toEqual(['refuse capability_missing /capabilities']);
    expect(findingsOf(script({ imports }, { capabilities: [capability] }))).toEqual([]);
  });

  test('is told what it asks for in vain, and what it needs', () => {
    const capabilities = ['storage:workspace:read'];
    expect(findingsOf(script({}, { capabilities }))).toEqual([
      'warn capability_unused /capabilities/0',
    ]);
    const source = 'fetch("https://api.example.com/v1")';
    const { capabilities: seen } = review(
      script({ imports: ['sallyport:http'] }, {}, source),
    ).review;
    expect(seen?.needed).toMatchObject([
      {
        family: 'tool:network:http',
        suggested: ['tool:network:http:api.example.com:443'],
        because: ['the code imports "sallyport:http"'],
      },
    ]);
  });

  test('needs memory for its engine', () => {
    const of = (memoryPages: number) => findingsOf(script({}, { limits: { memoryPages } }));
    expect(of(31)).toEqual(['refuse memory_too_small /limits/memoryPages']);
    expect(of(32)).toEqual([]);
  });

  test('holds no credential', () => {
    const source = `const key = "${'sk-ant-api03-'}${'a1B2'.repeat(23)}aAA";`;
    expect(findingsOf(script({}, {}, source))).toEqual(['refuse secret_in_code /module']);
  });
});
