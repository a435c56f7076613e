import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { MAX_DEPTH, MAX_SCANNED_CHARS, scanText } from '../../../src/core/scan/scan-text.ts';
import { cpuMs } from '../../support/cpu-ms.ts';

/** Some of them look through megabytes. */
vi.setConfig({ testTimeout: 60_000 });

const TOKEN = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;

function scan(text: string) {
  return scanText(text, { kinds: ['secret', 'injection'] });
}

function found(text: string): string[] {
  return scan(text).findings.map(({ start, end }) => text.slice(start, end));
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const hex = (text: string) => Buffer.from(text).toString('hex');
const percent = (text: string) => hex(text).replace(/../g, '%$&');
const references = (text: string) =>
  Array.from(text, (c) => `&#x${c.codePointAt(0)?.toString(16)};`).join('');
const escapes = (text: string) =>
  Array.from(text, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

const ENCODINGS = { base64, hex, percent, references, escapes };
type Encoding = keyof typeof ENCODINGS;
const NAMES = Object.keys(ENCODINGS) as Encoding[];

describe('scanText()', () => {
  test.each(NAMES)('looks into %s, and marks all of it that hides the find', (name) => {
    const hidden = ENCODINGS[name](TOKEN);
    expect(found(`before ${hidden} after`)).toContain(hidden);
  });

  test('looks into any encodings within each other, as deep as it says', () => {
    const layers = fc.array(fc.constantFrom(...NAMES), { maxLength: MAX_DEPTH });
    fc.assert(
      fc.property(layers, (names) => {
        const hidden = names.reduce((text, name) => ENCODINGS[name](text), TOKEN);
        const { findings, uninspected } = scan(`x ${hidden} y`);
        expect(uninspected).toBeUndefined();
        expect(findings.map(({ name }) => name)).toContain('github-token');
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['base64', base64],
    ['percent-encoding', (text: string) => text.replaceAll('%', '%25')],
  ])('says that it has not seen what lies deeper in %s', (_, encode) => {
    const wrap = (times: number) => {
      let text = encode === base64 ? 'the words are of no interest' : '%41';
      for (let time = 0; time < times; time++) text = encode(text);
      return text;
    };
    const deepest = encode === base64 ? MAX_DEPTH : MAX_DEPTH - 1;
    expect(scan(wrap(deepest)).uninspected).toBeUndefined();
    expect(scan(wrap(deepest + 1)).uninspected).toBe('too-deep');
  });

  test('says that it has not seen a text that is too long', () => {
    expect(scan(' '.repeat(MAX_SCANNED_CHARS)).uninspected).toBeUndefined();
    expect(scan(' '.repeat(MAX_SCANNED_CHARS + 1))).toMatchObject({
      findings: [],
      uninspected: 'too-long',
    });
  });

  test('finds a secret in base64 that is wrapped into lines', () => {
    const wrapped = base64(`${'filling words '.repeat(12)}${TOKEN}`).replace(/.{76}/g, '$&\r\n');
    expect(found(`x\n${wrapped}\ny`)).toEqual([wrapped]);
  });

  test('finds a secret in hexadecimal digits that are wrapped into lines', () => {
    const wrapped = hex(`${'filling words '.repeat(4)}${TOKEN}`).replace(/.{60}/g, '$&\n');
    expect(found(`x\n${wrapped}\nafter it`)).toEqual([wrapped]);
  });

  test.each(['base64', 'hex'] as const)('finds a secret in %s above a line of words', (name) => {
    const hidden = ENCODINGS[name](`a key: ${TOKEN}`);
    expect(hidden.length).toBeGreaterThan(56);
    expect(found(`${hidden}\nafter it, more`)).toEqual([hidden]);
  });

  test('finds secrets in values that stand below each other, wrapped or not', () => {
    const filled = base64(`${'filling words '.repeat(12)}:${TOKEN}`);
    const wrapped = filled.replace(/.{76}/g, '$&\n');
    const [padded, unpadded] = [base64(`a key: ${TOKEN}`), base64(`a key: ${TOKEN}.`)];
    expect([wrapped, padded, unpadded].map((value) => value.endsWith('='))).toEqual([
      true,
      true,
      false,
    ]);
    expect(found([wrapped, padded, unpadded, 'after'].join('\n'))).toEqual([
      wrapped,
      padded,
      unpadded,
    ]);
  });

  test('finds a secret in base64 of UTF-16', () => {
    expect(found(Buffer.from(TOKEN, 'utf16le').toString('base64')).length).toBe(1);
  });

  test('has nothing to say of what decodes to no text', () => {
    const picture = Buffer.from(Uint8Array.from({ length: 400 }, (_, at) => (at * 7) % 256));
    expect(scan(`data:image/png;base64,${picture.toString('base64')}`)).toMatchObject({
      findings: [],
    });
  });

  test.each([
    ['ligatures that stand for a sentence', '\ufdfa'],
    ['fractions', '\u2153'],
    ['Hangul', '힣'],
    ['stacked marks', 'a\u0301\u0302\u0303'],
    ['character references', '&#xfdfa;'],
    ['percent-encoding of itself', '%25'],
    ['tags', '\u{e0041}'],
    ['squared words', '㌖'],
  ])('takes bounded time for 100 kB that expand, and misses nothing in them: %s', (_, part) => {
    const filling = part.repeat(Math.ceil(100_000 / part.length));
    let scanned: ReturnType<typeof scan> | undefined;
    const spent = cpuMs(() => {
      scanned = scan(`${filling} ${TOKEN} ${filling}`);
    });
    expect(spent).toBeLessThan(5_000);
    const isFound = scanned?.findings.some(({ name }) => name === 'github-token');
    expect(isFound || scanned?.uninspected !== undefined).toBe(true);
  });

  test('marks places of the source that hold what was found, whatever stands around it', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('&amp;', '%20', '\\n', 'é', '\u200b', '𝐛', '&#x41;', '%C3%A9', '漢'),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(piece, { maxLength: 12 }),
        (a, b) => {
          const text = `${a.join('')} ${TOKEN} ${b.join('')}`;
          for (const { start, end } of scan(text).findings) {
            expect(start).toBeGreaterThanOrEqual(0);
            expect(start).toBeLessThan(end);
            expect(end).toBeLessThanOrEqual(text.length);
          }
          expect(found(text)).toContain(TOKEN);
        },
      ),
    );
  });
});
