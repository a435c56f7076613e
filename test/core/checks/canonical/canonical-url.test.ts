import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicaliseUrl,
  MAX_URL_LENGTH,
} from '../../../../src/core/checks/canonical/canonical-url.ts';
import { hostileText } from '../../../support/hostile-text.ts';

/** The canonical URL, or the reason why there is none. */
function canonical(text: string): string {
  const url = canonicaliseUrl(text);
  return url.ok ? url.value.href : `! ${url.error}`;
}

const pieces = fc.constantFrom(
  ...['http', 'https', 'ws', 'ftp', 'HTTPS', '://', ':', '/', '//', '\\', '@', '?', '#', '&', '='],
  ...[
    'example.com',
    'EXAMPLE.com',
    'bücher.example.com',
    '8.8.8.8',
    '127.1',
    'localhost',
    '[',
    ']',
  ],
  ...['[2606:4700::1]', ':443', ':80', ':8080', ':0', ':', '..', '.', '%2e', '%2F', '%7e', '%7E'],
  ...[
    '%25',
    '%252e',
    '%00',
    '%zz',
    '%',
    'a',
    'é',
    "'",
    '"',
    '<',
    '|',
    '^',
    '`',
    '{',
    '}',
    ' ',
    '\t',
  ],
  ...['😀', '\u200b', '+', '~', '!', '$', '(', '*', ';', ','],
);
const tail = fc.array(pieces, { maxLength: 10 }).map((parts) => parts.join(''));
const hostileUrl = fc.oneof(
  tail,
  tail.map((text) => `https://example.com${text}`),
  tail.map((text) => `https://${text}`),
);

describe('canonicaliseUrl()', () => {
  test('takes a URL apart', () => {
    expect(canonicaliseUrl('WSS://API.Bücher.example.com:8443/a/../b%7e?q=1#top')).toEqual({
      ok: true,
      value: {
        href: 'wss://api.xn--bcher-kva.example.com:8443/b~?q=1',
        scheme: 'wss',
        host: 'api.xn--bcher-kva.example.com',
        port: 8443,
        path: '/b~',
      },
    });
  });

  test.each([
    ['http://example.com/', 80],
    ['https://example.com/', 443],
    ['ws://example.com/', 80],
    ['wss://example.com/', 443],
    ['http://example.com:443/', 443],
    ['https://example.com:1/', 1],
    ['https://example.com:65535/', 65535],
  ])('reads the port of %s', (text, port) => {
    expect(canonicaliseUrl(text)).toMatchObject({ ok: true, value: { port, href: text } });
  });

  test.each([
    ['https://example.com', 'https://example.com/'],
    ['HTTPS://EXAMPLE.COM/A', 'https://example.com/A'],
    ['https://example.com:443/', 'https://example.com/'],
    ['http://example.com:80', 'http://example.com/'],
    ['https://example.com:80/', 'https://example.com:80/'],
    ['https://example.com?q', 'https://example.com/?q'],
    ['https://example.com/?', 'https://example.com/'],
    ['https://example.com/#a', 'https://example.com/'],
    ['https://example.com/#@evil.com', 'https://example.com/'],
    ['https://example.com/a//b/', 'https://example.com/a//b/'],
    ['https://example.com/a/./b', 'https://example.com/a/b'],
    ['https://example.com/a/../b', 'https://example.com/b'],
    ['https://example.com/a/%2e%2e/b', 'https://example.com/b'],
    ['https://example.com/a/%2E', 'https://example.com/a/'],
    ['https://example.com/a/..', 'https://example.com/'],
    ['https://example.com/a/b/..', 'https://example.com/a/'],
    ['https://example.com/%7euser/%41', 'https://example.com/~user/A'],
    ['https://example.com/a%2fb', 'https://example.com/a%2Fb'],
    ['https://example.com/é', 'https://example.com/%C3%A9'],
    ['https://example.com/%c3%a9', 'https://example.com/%C3%A9'],
    ['https://example.com/👩‍💻', 'https://example.com/%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB'],
    ['https://example.com/a|b^c`d{e}', 'https://example.com/a%7Cb%5Ec%60d%7Be%7D'],
    ["https://example.com/it's", "https://example.com/it's"],
    ['https://example.com/100%25', 'https://example.com/100%25'],
    ["https://example.com/?a='b'", 'https://example.com/?a=%27b%27'],
    ['https://example.com/?a[]=1', 'https://example.com/?a%5B%5D=1'],
    ['https://example.com/?u=http://127.0.0.1/', 'https://example.com/?u=http://127.0.0.1/'],
    ['https://example.com/?t=a%0Ab%252e', 'https://example.com/?t=a%0Ab%252e'],
    ['https://example.com/?q=é%20+', 'https://example.com/?q=%C3%A9%20+'],
    ['https://example.com/@user', 'https://example.com/@user'],
    ['https://example.com/a:b', 'https://example.com/a:b'],
    ['https://[2606:4700:0:0::1111]:8443/', 'https://[2606:4700::1111]:8443/'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
    ['https://example.com/?a?b', 'https://example.com/?a?b'],
  ])('writes %s as %s', (text, href) => {
    expect(canonical(text)).toBe(href);
    expect(new URL(text.replace(/#.*/, '')).host).toBe(new URL(href).host);
  });

  test.each([
    // Schemes.
    ['ftp://example.com/', 'url_scheme'],
    ['file:///etc/passwd', 'url_scheme'],
    ['javascript:alert(1)', 'url_scheme'],
    ['data:text/plain,hi', 'url_scheme'],
    ['gopher://example.com/', 'url_scheme'],
    ['mailto:a@example.com', 'url_scheme'],
    ['view-source:https://example.com/', 'url_scheme'],
    ['constructor://example.com/', 'url_scheme'],
    ['', 'url_malformed'],
    ['example.com', 'url_malformed'],
    ['//example.com/', 'url_malformed'],
    ['/path', 'url_malformed'],
    // Forms that parsers repair, each in its own way.
    ['https:/example.com/', 'url_malformed'],
    ['https:example.com', 'url_malformed'],
    ['https:///example.com/', 'url_malformed'],
    ['https://', 'url_malformed'],
    ['https:///', 'url_malformed'],
    ['https://?q', 'url_malformed'],
    ['https://#', 'url_malformed'],
    ['https://:443/', 'url_malformed'],
    ['https://[2606:4700::1]x/', 'url_port'],
    ['https://x[2606:4700::1]/', 'url_port'],
    ['https://example.com:443:80/', 'url_port'],
    // Users and passwords.
    ['https://user@example.com/', 'url_userinfo'],
    ['https://user:pass@example.com/', 'url_userinfo'],
    ['https://@example.com/', 'url_userinfo'],
    ['https://example.com@evil.com/', 'url_userinfo'],
    ['https://example.com:443@evil.com/', 'url_userinfo'],
    ['https://example.com%40evil.com/', 'host_encoded'],
    // Backslashes.
    ['https:\\\\example.com\\', 'url_backslash'],
    ['https://example.com\\@evil.com/', 'url_backslash'],
    ['https://evil.com\\.example.com/', 'url_backslash'],
    ['https://example.com/a\\..\\b', 'url_backslash'],
    // Ports.
    ['https://example.com:/', 'url_port'],
    ['https://example.com:0/', 'url_port'],
    ['https://example.com:65536/', 'url_port'],
    ['https://example.com:99999999/', 'url_port'],
    ['https://example.com:0443/', 'url_port'],
    ['https://example.com:+443/', 'url_port'],
    ['https://example.com:-1/', 'url_port'],
    ['https://example.com:443a/', 'url_port'],
    ['https://example.com:٤٤٣/', 'url_port'],
    ['https://::1/', 'url_malformed'],
    // Characters that do not show, or that parsers drop.
    [' https://example.com/', 'url_character'],
    ['https://example.com/ ', 'url_character'],
    ['https://example.com/a b', 'url_character'],
    ['ht\ntps://example.com/', 'url_character'],
    ['https://exa\tmple.com/', 'url_character'],
    ['https://example.com/\r\nHost: evil.com', 'url_character'],
    ['https://example.com/\0', 'url_character'],
    ['https://example.com/\u0085', 'url_character'],
    ['https://example.com/\u00a0', 'url_character'],
    ['https://example.com/\u3000', 'url_character'],
    ['https://exa\u00ADmple.com/', 'url_character'],
    ['https://example.com/\u202Egpj.exe', 'url_character'],
    ['https://example.com/\u{E0041}', 'url_character'],
    ['https://example.com/\uD800', 'url_character'],
    // Encodings.
    ['https://example.com/%', 'url_encoding'],
    ['https://example.com/%2', 'url_encoding'],
    ['https://example.com/%zz', 'url_encoding'],
    ['https://example.com/%c0%af', 'url_encoding'],
    ['https://example.com/%ff', 'url_encoding'],
    ['https://example.com/%00', 'url_encoding'],
    ['https://example.com/a%0d%0aHost:evil.com', 'url_encoding'],
    ['https://example.com/%5c..%5c', 'url_encoding'],
    ['https://example.com/%252e%252e/', 'url_encoding'],
    ['https://example.com/%252f', 'url_encoding'],
    ['https://example.com/%255c', 'url_encoding'],
    ['https://example.com/%2500', 'url_encoding'],
    ['https://example.com/%2525', 'url_encoding'],
    ['https://example.com/%e2%80%ae', 'url_encoding'],
    ['https://example.com/?%', 'url_encoding'],
    ['https://example.com/?a=%00', 'url_encoding'],
    ['https://example.com/?a=%ff', 'url_encoding'],
    // Steps above the root.
    ['https://example.com/..', 'url_above_root'],
    ['https://example.com/../a', 'url_above_root'],
    ['https://example.com/a/../../b', 'url_above_root'],
    ['https://example.com/%2e%2e/a', 'url_above_root'],
    // Hosts: the whole table is in canonical-host.test.ts.
    ['http://2130706433/', 'host_address_notation'],
    ['http://0x7f.1/', 'host_address_notation'],
    ['http://0177.0.0.1/', 'host_address_notation'],
    ['http://127.1/', 'host_address_notation'],
    ['http://[::ffff:8.8.8.8]/', 'host_address_notation'],
    ['http://①②⑦.⓪.⓪.①/', 'host_address_notation'],
    ['http://127.0.0.1/', 'address_not_public'],
    ['http://127.0.0.1:8080/', 'address_not_public'],
    ['http://[::1]/', 'address_not_public'],
    ['http://[::ffff:169.254.169.254]/', 'address_not_public'],
    ['http://169.254.169.254/latest/meta-data/', 'address_not_public'],
    ['http://metadata.google.internal/', 'name_not_public'],
    ['http://localhost:3000/', 'name_not_public'],
    ['http://ⓛocalhost/', 'name_not_public'],
    ['http://db/', 'name_not_public'],
    ['https://example.com./', 'host_malformed'],
    ['https://ex_ample.com/', 'host_malformed'],
    ['https://p\u0430ypal.com/', 'host_mixed_script'],
  ])('refuses %j', (text, reason) => {
    expect(canonical(text)).toBe(`! ${reason}`);
  });

  test.each([
    ['http://127.0.0.1:8080/a', 'http://127.0.0.1:8080/a'],
    ['http://LOCALHOST:3000', 'http://localhost:3000/'],
    ['https://db.internal/', 'https://db.internal/'],
    ['http://[0:0::1]:80/', 'http://[::1]/'],
    // Another port, another spelling, another host, or another fault beside it.
    ['http://127.0.0.1/', '! address_not_public'],
    ['http://127.0.0.1:8081/', '! address_not_public'],
    ['http://127.0.0.2:8080/', '! address_not_public'],
    ['http://127.1:8080/', '! host_address_notation'],
    ['http://2130706433:8080/', '! host_address_notation'],
    ['http://[::ffff:127.0.0.1]:8080/', '! address_not_public'],
    ['http://db.internal/', '! name_not_public'],
    ['http://a.db.internal:443/', '! name_not_public'],
    ['http://u@127.0.0.1:8080/', '! url_userinfo'],
    ['http://127.0.0.1:8080/..', '! url_above_root'],
  ])('treats %s as %s where an operator exempts some private hosts', (text, expected) => {
    const exempt = ['127.0.0.1:8080', 'localhost:3000', 'db.internal:443', '[::1]:80'];
    const url = canonicaliseUrl(text, exempt);
    expect(url.ok ? url.value.href : `! ${url.error}`).toBe(expected);
  });

  test('accepts a URL of the longest length, and no longer one', () => {
    const longest = `https://example.com/${'a'.repeat(MAX_URL_LENGTH - 20)}`;
    expect(canonical(longest)).toBe(longest);
    expect(canonical(`${longest}a`)).toBe('! url_too_long');
    expect(canonical(`https://example.com/${'./'.repeat(MAX_URL_LENGTH / 2)}`)).toBe(
      '! url_too_long',
    );
  });

  test('measures the canonical URL too, which can be longer than what was written', () => {
    expect(canonical(`https://example.com/${'é'.repeat(338)}`)).toHaveLength(MAX_URL_LENGTH);
    expect(canonical(`https://example.com/${'é'.repeat(339)}`)).toBe('! url_too_long');
  });

  test('has nothing left to canonicalise in its result', () => {
    fc.assert(
      fc.property(hostileUrl, (text) => {
        const url = canonicaliseUrl(text);
        if (url.ok) expect(canonicaliseUrl(url.value.href)).toEqual(url);
      }),
      { numRuns: 3_000 },
    );
  });

  test('is a fixed point of a conforming URL parser', () => {
    fc.assert(
      fc.property(fc.oneof(hostileUrl, fc.webUrl({ withQueryParameters: true })), (text) => {
        const url = canonicaliseUrl(text);
        if (!url.ok) return;
        const parsed = new URL(url.value.href);
        expect(parsed.href).toBe(url.value.href);
        expect(parsed.hostname.replace(/^\[|\]$/g, '')).toBe(url.value.host);
        expect(parsed.pathname).toBe(url.value.path);
        expect(parsed.protocol).toBe(`${url.value.scheme}:`);
      }),
      { numRuns: 3_000 },
    );
  });

  test('never changes who is spoken to, compared with what a URL parser makes of the original', () => {
    fc.assert(
      fc.property(hostileUrl, (text) => {
        const url = canonicaliseUrl(text);
        if (url.ok) expect(new URL(text).host).toBe(new URL(url.value.href).host);
      }),
      { numRuns: 3_000 },
    );
  });

  test('never throws', () => {
    fc.assert(
      fc.property(hostileText(60), (text) => {
        expect(typeof canonicaliseUrl(text).ok).toBe('boolean');
        expect(typeof canonicaliseUrl(`https://${text}`).ok).toBe('boolean');
      }),
    );
  });
});
