import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  classifyAddress,
  embeddedIpv4,
  isIpv4,
} from '../../../../src/core/checks/canonical/address-class.ts';
import { hostileText } from '../../../support/hostile-text.ts';

describe('classifyAddress()', () => {
  test.each([
    ['8.8.8.8', 'public'],
    ['1.1.1.1', 'public'],
    ['93.184.215.14', 'public'],
    // Both sides of each private and special range.
    ['9.255.255.255', 'public'],
    ['10.0.0.0', 'private'],
    ['10.255.255.255', 'private'],
    ['11.0.0.0', 'public'],
    ['172.15.255.255', 'public'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['192.167.255.255', 'public'],
    ['192.168.0.0', 'private'],
    ['192.168.255.255', 'private'],
    ['192.169.0.0', 'public'],
    ['126.255.255.255', 'public'],
    ['127.0.0.0', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['128.0.0.0', 'public'],
    ['100.63.255.255', 'public'],
    ['100.64.0.0', 'carrier-nat'],
    ['100.127.255.255', 'carrier-nat'],
    ['100.128.0.0', 'public'],
    ['169.253.255.255', 'public'],
    ['169.254.0.0', 'link-local'],
    ['169.254.255.255', 'link-local'],
    ['169.255.0.0', 'public'],
    ['0.0.0.0', 'unspecified'],
    ['0.255.255.255', 'unspecified'],
    ['1.0.0.0', 'public'],
    ['198.17.255.255', 'public'],
    ['198.18.0.0', 'reserved'],
    ['198.19.255.255', 'reserved'],
    ['198.20.0.0', 'public'],
    ['192.0.0.1', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['198.51.100.1', 'reserved'],
    ['203.0.113.1', 'reserved'],
    ['223.255.255.255', 'public'],
    ['224.0.0.0', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.0', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    // Cloud metadata, in whatever range.
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['169.254.170.23', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['192.0.0.192', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['fd00:ec2::23', 'metadata'],
    ['fd20:ce::254', 'metadata'],
  ])('finds %s to be %s', (address, expected) => {
    expect(classifyAddress(address)).toBe(expected);
  });

  test.each([
    ['2606:4700:4700::1111', 'public'],
    ['2001:4860:4860::8888', 'public'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'private'],
    ['fc00::1', 'private'],
    ['fdff::1', 'private'],
    ['ff02::1', 'multicast'],
    ['100::1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['3fff::1', 'reserved'],
    ['2001:2::1', 'reserved'],
    ['2001:10::1', 'reserved'],
    ['5f00::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['1234::1', 'reserved'],
    ['64:ff9b:1::7f00:1', 'reserved'],
    // Those that stand for an IPv4 address have its class.
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'metadata'],
    ['::ffff:8.8.8.8', 'public'],
    ['::127.0.0.1', 'loopback'],
    ['::a00:1', 'private'],
    ['::2', 'reserved'],
    ['::ffff:0:7f00:1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['64:ff9b::169.254.169.254', 'metadata'],
    ['64:ff9b::808:808', 'public'],
    ['2002:7f00:1::1', 'loopback'],
    ['2002:c0a8:101::', 'private'],
    ['2002:808:808::', 'public'],
    ['2001:0:4136:e378:8000:63bf:f5ff:fffe', 'private'],
    ['2001:0:4136:e378:8000:63bf:80ff:fffe', 'loopback'],
    ['fe80::5efe:a9fe:a9fe', 'metadata'],
    ['2606:4700::5efe:7f00:1', 'loopback'],
    ['2606:4700::200:5efe:a00:1', 'private'],
    // Those that nearly do have their own.
    ['64:ff9b:0:1::808:808', 'reserved'],
    ['64:ff9b::1:0:808:808', 'reserved'],
    ['64:ff9b::1:808:808', 'reserved'],
    ['fd00:ff9b::808:808', 'private'],
    ['0:0:1::ffff:808:808', 'reserved'],
    ['0:0:0:1::ffff:808:808', 'reserved'],
    ['::1:0:808:808', 'reserved'],
  ])('finds %s to be %s, with and without brackets', (address, expected) => {
    expect(classifyAddress(address)).toBe(expected);
    expect(classifyAddress(`[${address}]`)).toBe(expected);
  });

  test.each([
    ['example.com', 'public'],
    ['api.example.com', 'public'],
    ['xn--bcher-kva.example.com', 'public'],
    ['localhost.example.com', 'public'],
    ['internal.example.com', 'public'],
    ['notlocalhost', 'local-name'],
    ['localhost', 'local-name'],
    ['app.localhost', 'local-name'],
    ['metadata.google.internal', 'local-name'],
    ['metadata.goog', 'local-name'],
    ['ip-10-0-0-1.ec2.internal', 'local-name'],
    ['printer.local', 'local-name'],
    ['kubernetes.default.svc', 'local-name'],
    ['kubernetes.default.svc.cluster.local', 'local-name'],
    ['host.docker.internal', 'local-name'],
    ['router.lan', 'local-name'],
    ['router.home.arpa', 'local-name'],
    ['1.0.0.127.in-addr.arpa', 'local-name'],
    ['db', 'local-name'],
    ['a.test', 'local-name'],
    ['127.0.0.1.nip.io', 'local-name'],
    ['nip.io', 'local-name'],
    ['mynip.io', 'public'],
    ['localtest.me', 'local-name'],
    ...['a.alt', 'a.mail', 'db.service.consul', 'a.docker'].map((name) => [name, 'local-name']),
    ...['metadata.tencentyun.com', '10-0-0-1.sslip.io', 'a.lvh.me', 'a.lacolhost.com'].map(
      (name) => [name, 'local-name'],
    ),
    ['example.web3', 'public'],
    [`${'a'.repeat(63)}.com`, 'public'],
    [`${'a.'.repeat(125)}com`, 'public'],
  ])('finds the name %s to be %s', (name, expected) => {
    expect(classifyAddress(name)).toBe(expected);
  });

  test.each([
    '',
    '.',
    'example.com.',
    'Example.com',
    'exa mple.com',
    '-example.com',
    'example-.com',
    'bücher.example.com',
    '0x7f.1',
    'example.0x7f',
    `${'a'.repeat(64)}.com`,
    `a${'a.'.repeat(125)}com`,
    '127.1',
    '017700000001',
    '2130706433',
    '127.0.0.01',
    '256.0.0.1',
    '1.2.3.4.5',
    'fe80::1%eth0',
    '[fe80::1%25eth0]',
    '[::1',
    '::1]',
    '[127.0.0.1]',
    '[example.com]',
    ':::1',
    '1::2::3',
    'example.com:80',
    '12345::',
  ])('finds %j, which is no canonical host, to be malformed', (host) => {
    expect(classifyAddress(host)).toBe('malformed');
  });

  test('gives an IPv4 address and every IPv6 address that stands for it one class', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        fc.pre(a !== 0);
        const high = ((a << 8) | b).toString(16);
        const low = ((c << 8) | d).toString(16);
        const expected = classifyAddress(address);
        expect(classifyAddress(`::ffff:${high}:${low}`)).toBe(expected);
        expect(classifyAddress(`::ffff:${address}`)).toBe(expected);
        expect(classifyAddress(`64:ff9b::${high}:${low}`)).toBe(expected);
        expect(classifyAddress(`2002:${high}:${low}::`)).toBe(expected);
        expect(classifyAddress(`::${high}:${low}`)).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test('never throws', () => {
    const text = fc.oneof(fc.ipV6(), fc.domain(), hostileText());
    fc.assert(
      fc.property(text, (host) => {
        expect(classifyAddress(host)).toBeTypeOf('string');
      }),
    );
  });
});

describe('isIpv4()', () => {
  test('accepts what every reader reads alike, and nothing else', () => {
    expect(['0.0.0.0', '255.255.255.255', '1.2.3.4'].every(isIpv4)).toBe(true);
    const others = ['1.2.3', '1.2.3.4.', '01.2.3.4', '1.2.3.256', '1.2.3.4\n', '1.2.3.٤', '1..2.3'];
    expect(others.filter(isIpv4)).toEqual([]);
  });
});

describe('embeddedIpv4()', () => {
  test('finds none in an ordinary address', () => {
    expect(embeddedIpv4([0x2606, 0x4700, 0, 0, 0, 0, 0, 0x1111])).toBeUndefined();
    expect(embeddedIpv4([0, 0, 0, 0, 0, 0, 0, 1])).toBeUndefined();
    expect(embeddedIpv4([0, 0, 0, 0, 0, 0, 0, 0])).toBeUndefined();
  });

  test('reads all bits of it, which Teredo inverts', () => {
    expect(embeddedIpv4([0x2001, 0, 0x4136, 0xe378, 0x8000, 0x63bf, 0x3fff, 0xfdd2])).toBe(
      '192.0.2.45',
    );
    expect(embeddedIpv4([0, 0, 0, 0, 0, 0xffff, 0xfbfd, 0x01ff])).toBe('251.253.1.255');
  });
});
