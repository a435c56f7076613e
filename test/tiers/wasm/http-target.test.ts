import { describe, expect, test } from 'vitest';
import { readTarget } from '../../../src/tiers/wasm/http-target.ts';

describe('readTarget()', () => {
  test('names the capability of host and port, with the default port of the scheme', () => {
    expect(readTarget('HTTPS://API.Example.com/a?b#c')).toEqual({
      href: 'https://api.example.com/a?b',
      origin: 'https://api.example.com:443',
      hostPort: 'api.example.com:443',
      isEncrypted: true,
      capability: 'tool:network:http:api.example.com:443',
      isPrivate: false,
    });
    expect(readTarget('http://api.example.org:8080/')?.capability).toBe(
      'tool:network:http:api.example.org:8080',
    );
  });

  test('escapes an IPv6 address as one segment', () => {
    expect(readTarget('https://[2606:4700::1111]/')?.capability).toBe(
      'tool:network:http:2606%3A4700%3A%3A1111:443',
    );
  });

  test.each([
    ['http://127.0.0.1:8787/x', 'tool:network:http:127.0.0.1:8787'],
    ['http://localhost/', 'tool:network:http:localhost:80'],
    ['https://10.1.2.3/', 'tool:network:http:10.1.2.3:443'],
    ['http://[::1]:9000/', 'tool:network:http:%3A%3A1:9000'],
    ['http://169.254.169.254/latest/meta-data', 'tool:network:http:169.254.169.254:80'],
    ['http://printer.local/', 'tool:network:http:printer.local:80'],
  ])('marks %s as private', (url, capability) => {
    expect(readTarget(url)).toMatchObject({ capability, isPrivate: true });
  });

  test.each([
    ['another notation of loopback', 'http://2130706433/'],
    ['a short notation of loopback', 'http://127.1/'],
    ['an octal notation of loopback', 'http://0177.0.0.1/'],
    ['a user', 'https://example.com@evil.example.net/'],
    ['a user of a private host', 'http://user@127.0.0.1/'],
    ['a file', 'file:///etc/passwd'],
    ['a WebSocket', 'wss://api.example.org/'],
    ['a WebSocket of a private host', 'ws://127.0.0.1/'],
    ['no URL', 'example.com'],
    ['nothing', ''],
    ['a backslash', 'https://example.com\\@evil.example.net/'],
    ['white space', 'https://exa mple.com/'],
  ])('refuses %s', (_, url) => {
    expect(readTarget(url)).toBeUndefined();
  });
});
