import { describe, expect, test } from 'vitest';
import { DEFAULT_PLUGIN_POLICY } from '../../src/core/policy/plugin-policy.ts';
import { findTexts, MIN_TEXT_LENGTH } from '../../src/plugin-review/find-texts.ts';
import { readTextSections } from '../../src/plugin-review/module-sections.ts';
import { harden } from '../wasm-hardening/support/hardened.ts';
import { dataOf, findingsOf, moduleOf, review, withSection } from './support/upload.ts';

/** Made here and valid nowhere. */
const SECRET = `ghp_${'0aB1cD2eF3'.repeat(4).slice(0, 36)}`;
const AWS = `AKIA${'Q7W2E5R4T3Y6U1I8'}`;

const inData = (bytes: Uint8Array | string) => moduleOf(dataOf(bytes));
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

describe('a credential', () => {
  test.each([
    ['in data', inData(`token=${SECRET}\n`)],
    [
      'among other bytes',
      inData(Buffer.concat([Buffer.alloc(9), Buffer.from(SECRET), Buffer.of(0xff)])),
    ],
    ['in UTF-16, as AssemblyScript writes it', inData(utf16(SECRET))],
    [
      'in UTF-16 at an odd byte',
      inData(Buffer.concat([Buffer.of(7), utf16(SECRET), Buffer.of(0xd8, 0xd8)])),
    ],
    ['in a passive segment', moduleOf(`(memory 1) (data "${SECRET}")`)],
    [
      'in a custom section',
      withSection(moduleOf(), 'sourceMappingURL', Buffer.from(`x${AWS} ${SECRET}`)),
    ],
    ['behind a long text', inData(`${'lorem ipsum '.repeat(5_000)}${SECRET}`)],
  ])('%s is refused', (_, code) => {
    expect(findingsOf({ code })).toEqual(['refuse secret_in_code /module']);
    expect(review({ code }).accepted).toBeUndefined();
  });

  test('is found at the beginning of a segment, however long that is', () => {
    // The length of a segment stands before its first byte, and may be a letter or a digit.
    for (let length = SECRET.length; length < 128; length++) {
      const code = inData(SECRET.padEnd(length, '\0'));
      expect(findingsOf({ code }), `${length} bytes`).toEqual(['refuse secret_in_code /module']);
    }
  });

  test('is named by its kind and its place, and never shown', () => {
    const code = inData(`${'\0'.repeat(5)}${SECRET}\0${AWS}`);
    const { findings } = review({ code }).review;
    expect(findings.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/github-token in the text at byte [0-9]+ \(data\)/),
      expect.stringMatching(/aws-access-key in the text at byte [0-9]+ \(data\)/),
    ]);
    const at = Number(/byte ([0-9]+)/.exec(findings[0]?.detail ?? '')?.[1]);
    expect(Buffer.from(code).toString('latin1', at, at + SECRET.length)).toBe(SECRET);
    expect(JSON.stringify(review({ code }).review)).not.toContain(SECRET.slice(0, 12));
  });

  test('in many places makes no long review', () => {
    const many = Array.from({ length: 200 }, (_, index) => `${AWS.slice(0, -3)}${100 + index}\0`);
    expect(findingsOf({ code: inData(many.join('')) })).toHaveLength(32);
  });

  test('in the manifest is refused at its place', () => {
    const manifest = {
      description: `Uses ${SECRET}`,
      config: { type: 'object', default: { key: AWS } },
    };
    expect(findingsOf({ manifest })).toEqual([
      'refuse secret_in_manifest /description',
      'refuse secret_in_manifest /config/default/key',
    ]);
    expect(JSON.stringify(review({ manifest }).review.findings)).not.toContain(AWS.slice(0, 12));
  });

  test('as a name in the manifest is not shown in a pointer either', () => {
    const manifest = { config: { type: 'object', properties: { [SECRET]: { type: 'string' } } } };
    const { findings } = review({ manifest }).review;
    expect(findings.map(({ code }) => code)).toEqual(['secret_in_manifest']);
    expect(JSON.stringify(findings)).not.toContain(SECRET.slice(0, 12));
  });

  test('is only warned of where policy says so', () => {
    const surroundings = { trust: { ...DEFAULT_PLUGIN_POLICY, bundledSecrets: 'warn' as const } };
    const code = inData(SECRET);
    expect(findingsOf({ code, surroundings })).toEqual(['warn secret_in_code /module']);
    expect(review({ code, surroundings }).accepted).toBeDefined();
  });

  test('is not seen in what only looks like the beginning of one', () => {
    expect(findingsOf({ code: inData(`ghp_short AKIA1234 ${'a'.repeat(64)}`) })).toEqual([]);
  });
});

describe('findTexts()', () => {
  const textsIn = (bytes: Uint8Array) => findTexts(bytes).map(({ text }) => text);

  test('finds runs from the shortest length on', () => {
    const shortest = 'x'.repeat(MIN_TEXT_LENGTH);
    expect(textsIn(Buffer.from(`\0${shortest}\0`))).toEqual([shortest]);
    expect(textsIn(Buffer.from(`\0${shortest.slice(1)}\0`))).toEqual([]);
    expect(textsIn(Buffer.from(shortest))).toEqual([shortest]);
    expect(textsIn(utf16(shortest))).toEqual([shortest]);
    expect(textsIn(utf16(shortest.slice(1)))).toEqual([]);
  });

  test('says where they begin', () => {
    const bytes = Buffer.concat([
      Buffer.of(1, 2, 3),
      utf16('twelve chars'),
      Buffer.from('\0\0and here also'),
    ]);
    expect(findTexts(bytes)).toEqual([
      { text: 'twelve chars', offset: 3 },
      { text: 'and here also', offset: 29 },
    ]);
  });

  test('reads long runs whole', () => {
    const long = 'abc def '.repeat(20_000);
    expect(textsIn(Buffer.from(long))).toEqual([long]);
    expect(textsIn(utf16(long))).toEqual([long]);
  });

  test('takes 8 MiB in a time that one can wait for', () => {
    const bytes = new Uint8Array(8 * 1024 * 1024).map((_, index) => (index * 7) % 251);
    expect(Array.isArray(findTexts(bytes))).toBe(true);
  });
});

describe('readTextSections()', () => {
  const EMPTY = { data: [] };

  test('finds custom sections by name, and each segment of data', () => {
    const module = withSection(
      moduleOf('(memory 1) (data (i32.const 7) "one") (data "two")'),
      'notes',
      Buffer.from('text'),
    );
    const { custom, data } = readTextSections(module, harden(module));
    expect(custom).toMatchObject([
      { name: 'notes', content: Uint8Array.from(Buffer.from('text')) },
    ]);
    expect(data.map(({ content }) => Buffer.from(content).toString())).toEqual(['one', 'two']);
    for (const { offset, content } of data) {
      expect(module.subarray(offset, offset + 3)).toEqual(content);
    }
  });

  test('never throws, wherever a module is cut or changed', () => {
    const module = withSection(inData('in the data section'), 'notes', Buffer.from('text'));
    for (let length = 0; length < module.length; length++) {
      expect(() => readTextSections(module.subarray(0, length), EMPTY)).not.toThrow();
      const changed = module.with(length, 0xff);
      expect(() => readTextSections(changed, EMPTY)).not.toThrow();
    }
  });
});
