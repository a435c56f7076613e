import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  judgePattern,
  MAX_PATTERN_LENGTH,
} from '../../../../../src/core/checks/schema/pattern/judge-pattern.ts';
import { cpuMs } from '../../../../support/cpu-ms.ts';

/** `linear`, `quadratic` …, or the reason why the pattern is refused. */
function verdict(pattern: string): string {
  const judged = judgePattern(pattern);
  if (!judged.ok) return judged.error;
  return ['constant', 'linear', 'quadratic', 'cubic'][judged.value.exponent] ?? 'more';
}

describe('judgePattern()', () => {
  test.each([
    ['^$', 'constant'],
    ['^[0-9a-f]{64}$', 'constant'],
    ['^\\d{4}-\\d{2}-\\d{2}$', 'constant'],
    ['^(?:foo|bar|baz)$', 'constant'],
    ['^(?:draft|final)-v[1-9]$', 'constant'],
    ['^((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.|$)){4}$', 'constant'],
    ['^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$', 'constant'],
    ['^(?<year>\\d{4})$', 'constant'],
    ['', 'linear'],
    ['\\S', 'linear'],
    ['^[a-z][a-z0-9_-]{0,63}$', 'linear'],
    ['^[a-z0-9]+(?:-[a-z0-9]+)*$', 'linear'],
    ['^(\\d{1,3}\\.){3}\\d{1,3}$', 'linear'],
    ['^.*$', 'linear'],
    ['^(.|\\n)*$', 'linear'],
    ['^[^/]+(?:/[^/]+)*$', 'linear'],
    ['^https?://[^\\s/$.?#].[^\\s]*$', 'linear'],
    ['^\\p{Lu}\\p{L}*$', 'linear'],
    ['^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$', 'linear'],
    ['^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-[0-9a-z-]+(?:\\.[0-9a-z-]+)*)?$', 'linear'],
    ['^"(?:[^"\\\\]|\\\\.)*"$', 'linear'],
    ['^(?:ab?)*$', 'linear'],
    ['^$|^[a-z]*$', 'linear'],
    ['^a{1000}$', 'linear'],
    ['^((a{20}){20}){20}$', 'linear'],
    ['[0-9]+', 'quadratic'],
    ['^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$', 'quadratic'],
    ['^.*\\S.*$', 'quadratic'],
    ['^a*a*b$', 'quadratic'],
  ])('finds %s to be %s', (pattern, expected) => {
    expect(verdict(pattern)).toBe(expected);
  });

  test.each([
    '^(a+)+$',
    '^(a*)*b$',
    '(a+)+',
    '^(a|a)*$',
    '^(a|aa)+$',
    '^(\\w|\\d)*$',
    '^(.*)*$',
    '(x+x+)+y',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '^(a?){30}a{30}$',
    '(a{1,30}){1,30}$',
    '^(?:a|b|ab)*$',
    '^(\\s*foo\\s*)+$',
    '^(a|b|[ab])+$',
    '^([^,]*,?)*$',
    '^(?:.|\\s)*$',
    '^((a*|b*)c)*$',
    '^((?:\\B|\\B)a)*$',
    '^((b*)?a)*$',
    `^${'(?:\\B|\\B|\\B|\\B)'.repeat(20)}`,
    '^a*a*a*b$',
    '[^@\\s]+@[^@\\s]+\\.[^@\\s]+',
    '^.*.*.*$',
    `^${'(a|aa)'.repeat(30)}$`,
    `^${'a?'.repeat(40)}$`,
    '^(a{1000}){1000}$',
  ])('refuses %s, which matches some text in too many ways', (pattern) => {
    expect(['ambiguous', 'malformed']).toContain(verdict(pattern));
    expect(judgePattern(pattern).ok).toBe(false);
  });

  test.each([
    '(?=a)',
    '(?!a)b',
    '(?<=a)b',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '(?i:a)',
    '[\\b]',
  ])('refuses %s, which no state machine expresses or which is not read here', (pattern) => {
    expect(['unsupported', 'malformed']).toContain(verdict(pattern));
  });

  test.each(['(', ')', '[', 'a{2,1}', '*', 'a**', '\\', '\\8', '{', 'a{,1}', '\\p{Nope}', '[z-a]'])(
    'refuses %s as malformed',
    (pattern) => {
      expect(verdict(pattern)).toBe('malformed');
    },
  );

  test('accepts a pattern of the longest length, and no longer one', () => {
    expect(verdict(`^${'a'.repeat(MAX_PATTERN_LENGTH - 1)}`)).toBe('constant');
    expect(verdict(`^${'a'.repeat(MAX_PATTERN_LENGTH)}`)).toBe('too_long');
  });

  test('takes little time for any pattern', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b',
        '[ab]',
        '.',
        '\\d',
        '(',
        '(?:',
        ')',
        '|',
        '*',
        '+',
        '?',
        '{2}',
        '{1,3}',
        '{0,}',
      ],
      ...['^', '$', '\\b', '[^a]', '\\w'],
    );
    const pattern = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(pattern, (text) => {
        expect(cpuMs(() => judgePattern(text))).toBeLessThan(1_000);
      }),
      { numRuns: 200 },
    );
  });
});

/** A pattern as a tree of its own, so that the oracle below shares no code with what it judges. */
type Tree =
  | { readonly kind: 'letter'; readonly letters: string }
  | { readonly kind: 'both' | 'either'; readonly left: Tree; readonly right: Tree }
  | { readonly kind: 'star' | 'maybe' | 'twice'; readonly body: Tree };

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', 'ab').map((letters): Tree => ({ kind: 'letter', letters })),
    fc.record({ kind: fc.constantFrom('both', 'either'), left: tie('tree'), right: tie('tree') }),
    fc.record({ kind: fc.constantFrom('star', 'maybe', 'twice'), body: tie('tree') }),
  ),
}));

/** Repeated within a repetition, as most is that takes exponentially many steps. */
const starred = fc.tuple(tree, tree).map(([body, after]): Tree => {
  const again: Tree = { kind: 'star', body };
  return { kind: 'star', body: { kind: 'both', left: again, right: after } };
});

function toPattern(node: Tree): string {
  switch (node.kind) {
    case 'letter':
      return `[${node.letters}]`;
    case 'both':
      return toPattern(node.left) + toPattern(node.right);
    case 'either':
      return `(?:${toPattern(node.left)}|${toPattern(node.right)})`;
    default:
      return `(?:${toPattern(node.body)})${{ star: '*', maybe: '?', twice: '{2}' }[node.kind]}`;
  }
}

/** Steps that an engine takes which tries every way, as it must when all ways fail. */
function countSteps(node: Tree, text: string, limit: number): number {
  let steps = 0;
  const step = () => {
    steps += 1;
    return steps > limit;
  };
  const run = (part: Tree, at: number, next: (at: number) => boolean): boolean => {
    if (step()) return true;
    switch (part.kind) {
      case 'letter':
        return part.letters.includes(text[at] ?? '-') && next(at + 1);
      case 'both':
        return run(part.left, at, (middle) => run(part.right, middle, next));
      case 'either':
        return run(part.left, at, next) || run(part.right, at, next);
      case 'maybe':
        return run(part.body, at, next) || next(at);
      case 'twice':
        return run(part.body, at, (middle) => run(part.body, middle, next));
      case 'star': {
        const again = (from: number): boolean =>
          run(part.body, from, (to) => to > from && again(to)) || next(from);
        return again(at);
      }
    }
  };
  run(node, 0, () => step());
  return steps;
}

/** On a short text; what takes more is too slow to be counted on one that is twice as long. */
const MAX_SHORT_STEPS = 2_000;

describe('the bound of judgePattern()', () => {
  test('holds for every way of matching, counted by an engine that tries them all', () => {
    const texts = [
      'a'.repeat(24),
      'b'.repeat(24),
      'ab'.repeat(12),
      'aab'.repeat(8),
      'ba'.repeat(12),
    ];
    let accepted = 0;
    fc.assert(
      fc.property(tree, (node) => {
        const pattern = `^${toPattern(node)}!`;
        const judged = judgePattern(pattern);
        if (!judged.ok) return;
        accepted += 1;
        const { factor, exponent } = judged.value;
        for (const text of texts) {
          // Between two characters an engine takes some steps through the pattern itself.
          const bound = factor * text.length ** exponent * 8 * pattern.length;
          expect(countSteps(node, text, bound + 1)).toBeLessThanOrEqual(bound);
        }
      }),
      { numRuns: 1_500 },
    );
    expect(accepted).toBeGreaterThan(250);
  });

  test('refuses what makes that engine take exponentially many steps', () => {
    // Twice the length costs a polynomial of degree 3 eight times as much.
    const growth = 100;
    let refused = 0;
    fc.assert(
      fc.property(starred, (node) => {
        const most = (length: number, limit: number) =>
          Math.max(
            ...['a', 'b', 'ab', 'ba'].map((unit) =>
              countSteps(node, unit.repeat(length).slice(0, length), limit),
            ),
          );
        const short = most(10, MAX_SHORT_STEPS);
        if (short > MAX_SHORT_STEPS || most(20, growth * short) <= growth * short) return;
        refused += 1;
        expect(judgePattern(`^${toPattern(node)}!`).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(2);
  });
});
