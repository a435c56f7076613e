import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeGrowth, describeReview } from '../../src/plugin-review/describe-review.ts';
import { FINDING_CODES } from '../../src/plugin-review/finding.ts';
import { hardenUpload } from '../../src/plugin-review/harden-upload.ts';
import { findUnknownLicences } from '../../src/plugin-review/known-licences.ts';
import { MAX_MANIFEST_BYTES } from '../../src/plugin-review/read-manifest.ts';
import { reviewPlugin } from '../../src/plugin-review/review-plugin.ts';
import {
  findingsOf,
  importing,
  leb,
  manifestOf,
  moduleOf,
  PLATFORM,
  review,
  sized,
  withSection,
} from './support/upload.ts';

const ofText = (manifestText: string) =>
  reviewPlugin({ manifestText, code: moduleOf() }, PLATFORM).review.findings.map(
    ({ code }) => code,
  );

describe('a manifest', () => {
  test('is JSON that can be read in one way', () => {
    expect(ofText('{')).toEqual(['manifest_malformed']);
    expect(ofText('{"name":"a","name":"b"}')).toEqual(['manifest_malformed']);
    expect(ofText('[]')).toEqual(['manifest_invalid']);
  });

  test('has at most 256 KiB', () => {
    const text = JSON.stringify(manifestOf());
    expect(ofText(text.padEnd(MAX_MANIFEST_BYTES))).toEqual([]);
    expect(ofText(text.padEnd(MAX_MANIFEST_BYTES + 1))).toEqual(['manifest_malformed']);
  });

  test('is told all that is wrong with it at once', () => {
    const manifest = { name: 'No', version: '1', surprise: true, license: 'the MIT one' };
    expect(findingsOf({ manifest }).toSorted()).toEqual([
      'refuse manifest_invalid /license',
      'refuse manifest_invalid /name',
      'refuse manifest_invalid /surprise',
      'refuse manifest_invalid /version',
    ]);
  });

  test('has a licence that somebody knows', () => {
    expect(findingsOf({ manifest: { license: 'MIT OR Apache-2.0' } })).toEqual([]);
    expect(findingsOf({ manifest: { license: 'Homemade-1.0' } })).toEqual([
      'warn licence_unknown /license',
    ]);
    expect(findUnknownLicences('LicenseRef-own AND ISC')).toEqual(['LicenseRef-own']);
  });
});

describe('the facts of a module', () => {
  const producers = Buffer.concat([
    leb(2),
    ...[sized(Buffer.from('language')), leb(1), sized(Buffer.from('Rust')), sized(Buffer.from(''))],
    ...[sized(Buffer.from('processed-by')), leb(1)],
    ...[sized(Buffer.from('rustc')), sized(Buffer.from('1.90.0\u001b[2J'))],
  ]);

  test('say what it is made of', () => {
    const code = withSection(
      moduleOf(
        importing('alloc'),
        importing('length'),
        '(memory (export "memory") 2)',
        '(table 3 funcref)',
      ),
      'producers',
      producers,
    );
    expect(review({ code }).review.module).toMatchObject({
      bytes: code.length,
      functions: 1,
      charges: 1,
      memoryPages: { min: 2, max: 256 },
      tables: [{ min: 3, max: 10_000 }],
      imports: [{ module: 'extism:host/env', names: ['alloc', 'length'] }],
      exportCount: 2,
      exports: [
        { name: 'memory', kind: 'memory' },
        { name: 'run', kind: 'function', type: '()->(i32)' },
      ],
      customSections: ['producers'],
      madeWith: ['Rust', 'rustc 1.90.0\\u001b[2J'],
    });
    expect(review({ code }).review.module?.hardenedBytes).toBeGreaterThan(0);
    expect(review({ code }).review.module?.compileUnits).toBeGreaterThan(0);
  });

  test('name a toolchain by its traces', () => {
    const abort = '(import "env" "abort" (func (param i32 i32 i32 i32)))';
    expect(review({ code: moduleOf(abort) }).review.module?.madeWith).toEqual(['AssemblyScript']);
    const haskell = moduleOf('(func (export "hs_init"))');
    expect(review({ code: haskell }).review.module?.madeWith).toEqual(['Haskell']);
  });

  test('are bounded, however much the module says of itself', () => {
    const many = Array.from(
      { length: 900 },
      (_, index) => `(func (export "${'x'.repeat(200)}${index}"))`,
    );
    const facts = review({ code: moduleOf(...many) }).review.module;
    expect(facts?.exportCount).toBe(901);
    expect(facts?.exports).toHaveLength(64);
    expect(JSON.stringify(facts).length).toBeLessThan(20_000);
    const boast = Buffer.concat([
      leb(1),
      sized(Buffer.from('language')),
      leb(9_999),
      Buffer.alloc(9_999),
    ]);
    const code = withSection(moduleOf(), 'producers', boast);
    expect(review({ code }).review.module?.madeWith.length).toBeLessThanOrEqual(16);
  });
});

describe('reviewPlugin()', () => {
  test('never throws, whatever is submitted', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .tuple(fc.nat(200), fc.nat(255))
        .map(([at, value]) => moduleOf(importing('alloc')).with(at % 60, value)),
    );
    const text = fc.oneof(fc.string(), fc.json(), fc.constant(JSON.stringify(manifestOf())));
    fc.assert(
      fc.property(
        text,
        bytes,
        fc.option(fc.json(), { nil: undefined }),
        (manifestText, code, signatureText) => {
          const submission = {
            manifestText,
            code,
            ...(signatureText !== undefined && { signatureText }),
          };
          const { review: seen, accepted } = reviewPlugin(submission, PLATFORM);
          const isRefused = seen.findings.some(({ severity }) => severity === 'refuse');
          expect(seen.verdict).toBe(isRefused ? 'refused' : 'acceptable');
          if (isRefused) expect(accepted).toBeUndefined();
          expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
          expect(describeReview(seen).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('gives the same for the same', () => {
    const code = moduleOf(importing('http_request'));
    const given = { code, manifest: { capabilities: ['tool:network:http:*'] } };
    expect(review(given)).toEqual(review(given));
  });

  test('accepts the examples without a refusal', () => {
    const folder = join(import.meta.dirname, '../../build/plugins');
    for (const name of ['text-stats', 'json-query', 'http-fetch']) {
      if (!existsSync(join(folder, name))) continue;
      const manifestText = readFileSync(join(folder, name, 'plugin.json'), 'utf8');
      const code = new Uint8Array(readFileSync(join(folder, name, 'plugin.wasm')));
      const { review: seen } = reviewPlugin({ manifestText, code }, PLATFORM);
      expect([name, seen.verdict, seen.module?.madeWith]).toEqual([
        name,
        'acceptable',
        ['AssemblyScript'],
      ]);
    }
  });
});

describe('hardenUpload()', () => {
  test('hardens what is stored again, to the same bytes', () => {
    const code = moduleOf('(memory 2)');
    const first = review({ code, manifest: { limits: { memoryPages: 3 } } }).accepted?.code;
    const again = hardenUpload(code, { memoryPages: 3 }, PLATFORM.validate);
    expect(again.ok && again.value.module.bytes).toEqual(first?.hardened);
    expect(again.ok && again.value.hardeningVersion).toBe(first?.hardeningVersion);
  });

  test('refuses what newer rules would not let in', () => {
    const code = moduleOf(importing('gone', 'extism:host/user'));
    expect(hardenUpload(code, {}, PLATFORM.validate)).toMatchObject({
      ok: false,
      error: { problem: { code: 'import_unsupported' }, foreign: [{ name: 'gone' }] },
    });
    expect(hardenUpload(Uint8Array.of(1), {}, PLATFORM.validate)).toMatchObject({
      error: { problem: { code: 'module_invalid' } },
    });
  });
});

describe('describeReview()', () => {
  test('says in lines what the review says in data', () => {
    const code = moduleOf(importing('http_request'), '(memory 1)');
    const lines = describeReview(review({ code, manifest: { capabilities: ['tool:*'] } }).review);
    const text = lines.join('\n');
    for (const words of [
      'sample 1.0.0: tool, tier wasm, MIT',
      'imports extism:host/env: http_request',
      'exports run',
      'memory of 1 to 256 pages',
      'asks for tool:*',
      'needs tool:network:http:<host>:<port>, since the code imports "http_request"',
      'warn capability_wide at /capabilities/0',
      'Acceptable (findings: 1)',
    ]) {
      expect(text).toContain(words);
    }
    expect(lines.every((line) => /^[ -~…]*$/.test(line))).toBe(true);
  });

  test('counts what refuses', () => {
    const lines = describeReview(review({ code: new Uint8Array(1) }).review);
    expect(lines.at(-1)).toBe('Refused (findings: 1, of which refuse it: 1)');
  });

  test('writes growth as a diff', () => {
    const growth = {
      added: ['block:send'],
      widened: [{ from: ['tool:a'], to: 'tool:*' }],
      removed: ['x:y'],
      loosened: [
        { tool: 'pay', what: 'marks-less', pointer: '/to' },
        { tool: 'pay', what: 'vouches-for-more', pointer: '' },
      ],
    };
    expect(
      describeGrowth({ ...growth, undenied: ['tool:exec'], digest: '' } as unknown as Parameters<
        typeof describeGrowth
      >[0]),
    ).toEqual([
      '+ block:send',
      '+ tool:* (before: tool:a)',
      '+ no longer denies tool:exec',
      '+ tool pay no longer says as strictly where its arguments must come from at /to',
      '+ tool pay newly vouches for its result',
      '- x:y',
    ]);
  });
});

test('codes of findings are lower-case words', () => {
  for (const code of Object.keys(FINDING_CODES)) expect(code).toMatch(/^[a-z]+(_[a-z]+)+$/);
});
