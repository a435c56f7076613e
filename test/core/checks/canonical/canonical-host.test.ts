import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCanonicalHost } from '../../../../src/core/capabilities/canonical-host.ts';
import { canonicaliseHost } from '../../../../src/core/checks/canonical/canonical-host.ts';
import { hostileText } from '../../../support/hostile-text.ts';

/** The canonical host, or the reason why there is none. */
function canonical(text: string): string {
  const host = canonicaliseHost(text);
  return host.ok ? host.value : `! ${host.error}`;
}

describe('canonicaliseHost()', () => {
  test.each([
    ['example.com', 'example.com'],
    ['API.Example.COM', 'api.example.com'],
    ['8.8.8.8', '8.8.8.8'],
    ['r3---sn-abc.example.com', 'r3---sn-abc.example.com'],
    ['1and1.com', '1and1.com'],
    ['3com.4you', '3com.4you'],
    ['bücher.example.com', 'xn--bcher-kva.example.com'],
    ['BÜCHER.example.com', 'xn--bcher-kva.example.com'],
    ['bu\u0308cher.example.com', 'xn--bcher-kva.example.com'],
    ['xn--bcher-kva.example.com', 'xn--bcher-kva.example.com'],
    ['XN--BCHER-KVA.example.com', 'xn--bcher-kva.example.com'],
    ['日本語.jp', 'xn--wgv71a119e.jp'],
    ['日本語。jp', 'xn--wgv71a119e.jp'],
    ['ｅｘａｍｐｌｅ.com', 'example.com'],
    ['faß.de', 'xn--fa-hia.de'],
    ['почта.рф', 'xn--80a1acny.xn--p1ai'],
    ['r3---sn.bücher.example.com', 'r3---sn.xn--bcher-kva.example.com'],
    ['example.web3', 'example.web3'],
    // Writing systems that mix with Latin letters.
    ['かなabc.jp', 'xn--abc-k73b9f.jp'],
    ['カナabc.jp', 'xn--abc-jj4b4f.jp'],
    ['한글abc.kr', 'xn--abc-eb9ll88m.kr'],
    ['漢字abc.tw', 'xn--abc-z69er78f.tw'],
    ['2606:4700:4700:0:0:0:0:1111', '2606:4700:4700::1111'],
    ['[2606:4700:4700::1111]', '2606:4700:4700::1111'],
    ['2606:4700:4700::ABCD', '2606:4700:4700::abcd'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
  ])('writes %s as %s', (text, host) => {
    expect(canonical(text)).toBe(host);
  });

  test.each([
    // IPv4 in notations that only some readers understand.
    ['127.1', 'host_address_notation'],
    ['127.0.1', 'host_address_notation'],
    ['2130706433', 'host_address_notation'],
    ['0x7f000001', 'host_address_notation'],
    ['0X7F.0.0.1', 'host_address_notation'],
    ['0177.0.0.1', 'host_address_notation'],
    ['017700000001', 'host_address_notation'],
    ['8.8.8.010', 'host_address_notation'],
    ['08.8.8.8', 'host_address_notation'],
    ['256.256.256.256', 'host_address_notation'],
    ['1.2.3.4.5', 'host_address_notation'],
    ['example.0x', 'host_address_notation'],
    ['example.123', 'host_address_notation'],
    ['8.8.8.8.', 'host_address_notation'],
    ['１２７.０.０.１', 'host_address_notation'],
    ['127。0。0。1', 'host_address_notation'],
    ['①②⑦.0.0.1', 'host_address_notation'],
    ['１２３', 'host_address_notation'],
    ['[::ffff:8.8.8.8]', 'host_address_notation'],
    ['::ffff:808:808', 'host_address_notation'],
    ['64:ff9b::808:808', 'host_address_notation'],
    ['2002:808:808::1', 'host_address_notation'],
    ['::8.8.8.8', 'host_address_notation'],
    // Hosts of insiders.
    ['127.0.0.1', 'address_not_public'],
    ['10.1.2.3', 'address_not_public'],
    ['192.168.1.1', 'address_not_public'],
    ['169.254.169.254', 'address_not_public'],
    ['100.64.0.1', 'address_not_public'],
    ['0.0.0.0', 'address_not_public'],
    ['224.0.0.1', 'address_not_public'],
    ['198.18.0.1', 'address_not_public'],
    ['192.0.2.1', 'address_not_public'],
    ['[::1]', 'address_not_public'],
    ['[::]', 'address_not_public'],
    ['::ffff:127.0.0.1', 'address_not_public'],
    ['fe80::1', 'address_not_public'],
    ['fd00:ec2::254', 'address_not_public'],
    ['2001:db8::1', 'address_not_public'],
    ['localhost', 'name_not_public'],
    ['LOCALHOST', 'name_not_public'],
    ['ｌｏｃａｌｈｏｓｔ', 'name_not_public'],
    ['app.localhost', 'name_not_public'],
    ['metadata.google.internal', 'name_not_public'],
    ['METADATA.google.INTERNAL', 'name_not_public'],
    ['printer.local', 'name_not_public'],
    ['intranet', 'name_not_public'],
    ['127.0.0.1.nip.io', 'name_not_public'],
    // Names that are none.
    ['', 'host_malformed'],
    ['.', 'host_malformed'],
    ['example.com.', 'host_malformed'],
    ['.example.com', 'host_malformed'],
    ['example..com', 'host_malformed'],
    ['example.com..', 'host_malformed'],
    ['-example.com', 'host_malformed'],
    ['example-.com', 'host_malformed'],
    ['bücher.-a.com', 'host_malformed'],
    ['bücher.a-.com', 'host_malformed'],
    ['bücher.com-', 'host_malformed'],
    ['1\u05D0.com', 'host_malformed'], // a label from right to left does not begin with a digit
    ['ex_ample.com', 'host_malformed'],
    ['ex*mple.com', 'host_malformed'],
    ['example.com/', 'host_malformed'],
    ['example.com#', 'host_malformed'],
    ['user@example.com', 'host_malformed'],
    ['xn--a.com', 'host_malformed'],
    ['xn--.com', 'host_malformed'],
    ['xn--example-.com', 'host_malformed'],
    ['xn--80ak6aa92e\u0430.com', 'host_malformed'],
    ['℀.com', 'host_malformed'],
    ['example．．com', 'host_malformed'],
    ['example.com。', 'host_malformed'],
    ['\u0301example.com', 'host_malformed'],
    ['\u{3D000}.com', 'host_malformed'],
    [`${'a'.repeat(64)}.com`, 'host_malformed'],
    [`${'ü'.repeat(60)}.com`, 'host_malformed'],
    [`${'a.'.repeat(126)}com`, 'host_malformed'],
    [`${'a.'.repeat(300)}com`, 'host_malformed'],
    ['example.com:443', 'host_malformed'],
    ['[example.com]', 'host_malformed'],
    ['[::1', 'host_malformed'],
    ['2606:4700::1]', 'host_malformed'],
    ['[127.0.0.1]', 'host_malformed'],
    ['1::2::3', 'host_malformed'],
    // Percent signs: encoded hosts and zones.
    ['%65xample.com', 'host_encoded'],
    ['127%2e0.0.1', 'host_encoded'],
    ['[fe80::1%25eth0]', 'host_encoded'],
    ['fe80::1%eth0', 'host_encoded'],
    // Characters that do not show.
    ['exa mple.com', 'host_character'],
    ['example.com\n', 'host_character'],
    ['example.com\t', 'host_character'],
    ['exam\u00ADple.com', 'host_character'],
    ['exam\u200Bple.com', 'host_character'],
    ['exam\u200Dple.com', 'host_character'],
    ['\uFEFFexample.com', 'host_character'],
    ['\u202Emoc.elpmaxe', 'host_character'],
    ['example.com\0', 'host_character'],
    ['\uD800.com', 'host_character'],
    ['exam\u00A0ple.com', 'host_character'],
    // Letters of two scripts in one label, written and encoded.
    ['p\u0430ypal.com', 'host_mixed_script'],
    ['xn--pypal-4ve.com', 'host_mixed_script'],
    ['g\u03BF\u03BFgle.com', 'host_mixed_script'],
    ['\u0430\u03B1.com', 'host_mixed_script'],
  ])('refuses %j', (text, reason) => {
    expect(canonical(text)).toBe(`! ${reason}`);
  });

  test('accepts a private host that is exempt in its canonical spelling, and no other notation', () => {
    const exempting = (text: string) =>
      canonicaliseHost(text, (host) => ['10.0.0.1', '::1', 'nas'].includes(host)).ok;
    expect(['10.0.0.1', '[::1]', '0::1', 'NAS'].map(exempting)).toEqual([true, true, true, true]);
    const others = ['10.0.0.2', '10.1', '::ffff:10.0.0.1', '::ffff:a00:1', 'nas.local', 'nas.'];
    expect(others.filter(exempting)).toEqual([]);
    expect(canonicaliseHost('::ffff:a00:1', () => true)).toMatchObject({
      error: 'host_address_notation',
    });
    expect(canonicaliseHost('ex_ample.com', () => true).ok).toBe(false);
  });

  test('does not let a name of the longest length grow', () => {
    const longest = `${'a.'.repeat(125)}com`;
    expect(longest).toHaveLength(253);
    expect(canonical(longest)).toBe(longest);
    expect(canonical(`a${longest}`)).toBe('! host_malformed');
  });

  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6(),
    hostileText(10).map((label) => `${label}.com`),
  );

  test('has nothing left to canonicalise in its result, which a capability can hold', () => {
    fc.assert(
      fc.property(host, (text) => {
        const written = canonicaliseHost(text);
        if (!written.ok) return;
        expect(canonical(written.value)).toBe(written.value);
        expect(isCanonicalHost(written.value)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('writes every host that it accepts as a conforming URL parser does', () => {
    fc.assert(
      fc.property(host, (text) => {
        const written = canonicaliseHost(text);
        if (!written.ok) return;
        const url = new URL(`http://${text.includes(':') ? `[${text}]` : text}/`);
        expect(url.hostname.replace(/^\[|\]$/g, '')).toBe(written.value);
      }),
      { numRuns: 1_000 },
    );
  });
});
