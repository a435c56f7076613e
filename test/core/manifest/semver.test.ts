import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareVersions,
  isVersion,
  MAX_VERSION_LENGTH,
} from '../../../src/core/manifest/semver.ts';

describe('isVersion()', () => {
  test.each([
    ...['0.0.0', '1.2.3', '10.20.30', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-0.3.7'],
    ...['1.0.0--', '1.0.0+20130313144700', '1.0.0-beta+exp.sha.5114f85', '1.0.0+001', '1.0.0-0a'],
  ])('takes %s', (text) => expect(isVersion(text)).toBe(true));

  test.each([
    ...['', '1', '1.2', '1.2.3.4', 'v1.2.3', '01.2.3', '1.02.3', '1.2.03', '1.2.3-', '1.2.3+'],
    ...['1.2.3-01', '1.2.3-a..b', '1.2.3-a_b', ' 1.2.3', '1.2.3\n', '1.2.3-é', '^1.2.3', '1.2.x'],
    '1.2.9999999999999999',
  ])('refuses %j', (text) => expect(isVersion(text)).toBe(false));

  test('takes a version at the limit of its length, and none beyond', () => {
    const atLimit = `1.0.0-${'a'.repeat(MAX_VERSION_LENGTH - 6)}`;
    expect(isVersion(atLimit)).toBe(true);
    expect(isVersion(`${atLimit}a`)).toBe(false);
  });
});

describe('compareVersions()', () => {
  test('orders as in SemVer §11', () => {
    const ordered = [
      ...['0.9.9', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta'],
      ...[
        '1.0.0-beta.2',
        '1.0.0-beta.11',
        '1.0.0-rc.1',
        '1.0.0',
        '1.0.1',
        '1.2.0',
        '1.10.0',
        '2.0.0',
      ],
    ];
    for (const [index, version] of ordered.entries()) {
      for (const [other, another] of ordered.entries()) {
        expect(Math.sign(compareVersions(version, another))).toBe(Math.sign(index - other));
      }
    }
  });

  test('sees no difference in build metadata', () => {
    expect(compareVersions('1.0.0+a', '1.0.0+b')).toBe(0);
  });

  test('compares long numeric labels by value', () => {
    expect(compareVersions(`1.0.0-${'9'.repeat(20)}`, `1.0.0-1${'0'.repeat(20)}`)).toBeLessThan(0);
  });

  test('turns its sign when its arguments are swapped', () => {
    const label = fc.constantFrom('0', '1', '10', 'a', 'b', 'a1', '-');
    const version = fc
      .tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.array(label, { maxLength: 3 }))
      .map(([a, b, labels]) => `1.${a}.${b}${labels.length > 0 ? `-${labels.join('.')}` : ''}`);
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
        expect(compareVersions(a, b) === 0).toBe(a === b);
      }),
    );
  });

  test('throws for what is no version', () => {
    expect(() => compareVersions('1', '1.0.0')).toThrow(RangeError);
  });
});
