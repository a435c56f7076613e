import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attenuate } from '../../src/client/attenuate.ts';
import { MAX_CAVEATS, type WrittenCaveat } from '../../src/core/policy/caveat.ts';
import { parseWorkspaceId } from '../../src/core/primitives/ids.ts';
import { issueToken, MAX_TOKEN_LENGTH, readToken } from '../../src/gateway/access-token.ts';
import vectors from '../support/token-vectors.json';

const { masterKey, issued } = vectors;
const acme = parseWorkspaceId('acme')!;
const read = (text: string) => readToken(masterKey, text);

const LONG: WrittenCaveat = { kind: 'grants', patterns: [`tool:file:read:/${'a'.repeat(250)}`] };
const SHORT: WrittenCaveat = { kind: 'expiry', at: 1 };

describe('readToken()', () => {
  test('reads what was issued, and what the vectors narrow it to', () => {
    expect(read(issued)).toEqual({ workspace: 'acme', hash: vectors.issuedSha256, caveats: [] });
    const last = vectors.narrowed.at(-1)!;
    expect(read(last.token)).toMatchObject({ workspace: 'acme', hash: vectors.issuedSha256 });
    expect(read(last.token)?.caveats).toEqual(
      vectors.narrowed.flatMap(({ caveats }) => caveats as object[]),
    );
  });

  test('reads a fresh token, and not with another key', () => {
    const { text, hash } = issueToken(masterKey, acme);
    expect(read(text)).toMatchObject({ workspace: 'acme', hash });
    expect(readToken(masterKey.replace(/^AA/, 'AB'), text)).toBeUndefined();
  });

  test('takes as many caveats as there may be, and not one more', async () => {
    const most = await attenuate(issued, Array(MAX_CAVEATS).fill(SHORT));
    expect(read(most)?.caveats).toHaveLength(MAX_CAVEATS);
    expect(read(await attenuate(most, [SHORT]))).toBeUndefined();
  });

  test('takes a text as long as it may be, and not longer', async () => {
    const within = await attenuate(issued, Array(9).fill(LONG));
    const beyond = await attenuate(within, [LONG]);
    expect(within.length).toBeLessThanOrEqual(MAX_TOKEN_LENGTH);
    expect(beyond.length).toBeGreaterThan(MAX_TOKEN_LENGTH);
    expect(read(within)?.caveats).toHaveLength(9);
    expect(read(beyond)).toBeUndefined();
  });

  test('refuses a caveat that it cannot read, however well it is tied to the token', async () => {
    const unknown = { kind: 'moon-phase', is: 'full' } as unknown as WrittenCaveat;
    expect(read(await attenuate(issued, [unknown]))).toBeUndefined();
    expect(read(await attenuate(issued, [SHORT, unknown, SHORT]))).toBeUndefined();
  });

  test('refuses a token of which any character is another', () => {
    const { token } = vectors.narrowed.at(-1)!;
    const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.';
    fc.assert(
      fc.property(
        fc.nat({ max: token.length - 1 }),
        fc.constantFrom(...alphabet),
        (at, character) => {
          fc.pre(token[at] !== character);
          expect(read(token.slice(0, at) + character + token.slice(at + 1))).toBeUndefined();
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('a narrowed token', () => {
  const { token, tags, segments } = vectors.narrowed.at(-1)!;
  const all = vectors.narrowed.flatMap((step) => step.segments);
  const head = token.slice(0, token.lastIndexOf('_', token.indexOf('.')));
  const spell = (tag: string, list: readonly string[]) =>
    `${head}_${tag}${list.map((segment) => `.${segment}`).join('')}`;

  test('is what its parts spell', () => {
    expect(spell(tags.at(-1)!, all)).toBe(token);
    expect(segments).toEqual(all.slice(-segments.length));
  });

  test('keeps every caveat, in the order in which they were added', () => {
    const tag = tags.at(-1)!;
    for (const [index, segment] of all.entries()) {
      const without = all.toSpliced(index, 1);
      expect(read(spell(tag, without))).toBeUndefined();
      expect(read(spell(tag, [segment, ...without]))?.caveats.length).toBe(
        index === 0 ? all.length : undefined,
      );
      expect(read(spell(tag, [...all, segment]))).toBeUndefined();
    }
    expect(read(spell(tag, []))).toBeUndefined();
  });

  test('does not tell the tag that it was made from', () => {
    const known = [issued, ...vectors.narrowed.slice(0, -1).map((step) => step.token)];
    const earlier = known.map((text) => /_([0-9a-f]{64})(?:\.|$)/.exec(text)![1]!);
    for (const tag of earlier) expect(token).not.toContain(tag);
  });

  test('of one token says nothing about another', async () => {
    const other = issueToken(masterKey, acme).text;
    const narrowed = await attenuate(other, [SHORT]);
    const [otherHead] = other.split(/_[0-9a-f]{64}$/);
    expect(read(narrowed.replace(otherHead!, head))).toBeUndefined();
  });
});

describe('attenuate()', () => {
  test('makes what the vectors say, in one step or in several', async () => {
    let text = issued;
    for (const { caveats, token } of vectors.narrowed) {
      text = await attenuate(text, caveats as WrittenCaveat[]);
      expect(text).toBe(token);
    }
    const atOnce = vectors.narrowed.flatMap(({ caveats }) => caveats as WrittenCaveat[]);
    expect(await attenuate(issued, atOnce)).toBe(text);
  });

  test('only ever adds to what the gateway reads', async () => {
    const step = vectors.narrowed[0]!;
    const before = read(step.token)!.caveats;
    const after = read(await attenuate(step.token, [SHORT]))!.caveats;
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after).toHaveLength(before.length + 1);
  });

  test.each(['', 'sproot_abc', `${issued} `, issued.slice(0, -1), `${issued}.`])(
    'refuses a text that is no access token (%#), and does not repeat it',
    async (text) => {
      const refusal = await attenuate(text, [SHORT]).catch((thrown: Error) => thrown);
      expect(refusal).toBeInstanceOf(TypeError);
      if (text.length > 20) expect(String(refusal)).not.toContain(text.slice(10, 40));
    },
  );
});
