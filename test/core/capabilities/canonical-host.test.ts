import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCanonicalHost } from '../../../src/core/capabilities/canonical-host.ts';

const label = (length: number) => 'a'.repeat(length);

describe('isCanonicalHost()', () => {
  test.each([
    'example.com',
    'localhost',
    'xn--bcher-kva.example',
    '_dmarc.example.com',
    'r3---sn-a.example',
    '1.example',
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    '2001:db8::1',
    'fe80::1:0:0:1',
    '1::',
    '::ffff:102:304',
    '1:2:3:4:5:6:7:8',
    '1:0:3:4:5:6:7:8',
    '1:0:0:2::3',
    '1::2:0:0:3:4',
    `${label(63)}.example`,
    `${`${label(63)}.`.repeat(3)}${label(61)}`,
  ])('accepts %s', (host) => {
    expect(isCanonicalHost(host)).toBe(true);
  });

  test.each([
    '',
    '.',
    'Example.com',
    'example.com.',
    '.example.com',
    'a..b',
    'bücher.example',
    'a b',
    'a*b',
    'user@host',
    'host:80',
    'host%2e',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.0.0.01',
    '127.0.0.256',
    '1.2.3.4.5',
    'example.0x',
    'example.123',
    '[::1]',
    ':',
    ':::',
    '1::2::3',
    '2001:DB8::1',
    '2001:0db8::1',
    '0:0:0:0:0:0:0:1',
    '::1:0:0:0:0',
    '1:0:0:2::3:4',
    '1:0:0:2:0:0:0:3',
    '1::3:4:5:6:7:8',
    '::ffff:1.2.3.4',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    `${label(64)}.example`,
    `${`${label(63)}.`.repeat(3)}${label(62)}`,
  ])('refuses %j', (host) => {
    expect(isCanonicalHost(host)).toBe(false);
  });

  test('accepts of all spellings of an IPv6 address only the one that URL parsers write', () => {
    const group = fc.constantFrom('0', '0', '0', '1', 'a0', 'ffff', '00', '01', 'F');
    const text = fc.oneof(
      fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
      fc
        .tuple(fc.array(group, { maxLength: 5 }), fc.array(group, { maxLength: 5 }))
        .map(([head, tail]) => `${head.join(':')}::${tail.join(':')}`),
      fc.ipV6(),
    );
    fc.assert(
      fc.property(text, (spelling) => {
        const written = isIPv6(spelling) && new URL(`http://[${spelling}]`).hostname.slice(1, -1);
        expect(isCanonicalHost(spelling)).toBe(written === spelling);
      }),
      { numRuns: 2_000 },
    );
  });

  test('accepts every host that a URL parser wrote, but for what no network name holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV4Extended()), (host) => {
        expect(isCanonicalHost(new URL(`http://${host}`).hostname)).toBe(true);
      }),
    );
  });
});
