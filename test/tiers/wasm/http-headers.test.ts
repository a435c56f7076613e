import { describe, expect, test } from 'vitest';
import {
  forAnotherOrigin,
  readRequestHeaders,
  withoutBodyHeaders,
} from '../../../src/tiers/wasm/http-headers.ts';

describe('readRequestHeaders()', () => {
  test('accepts what tells a server something, and writes names in lower case', () => {
    const headers = { Accept: '*/*', AUTHORIZATION: 'Bearer x', 'X-Api-Key': 'k' };
    expect(readRequestHeaders(headers)).toEqual({
      accept: '*/*',
      authorization: 'Bearer x',
      'x-api-key': 'k',
    });
  });

  test.each([
    'host',
    'Host',
    'connection',
    'keep-alive',
    'proxy-authorization',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'content-length',
    'expect',
    'accept-encoding',
    'forwarded',
    'via',
    'cf-connecting-ip',
    'sec-fetch-site',
    'x-forwarded-for',
    'X-Forwarded-Host',
    'x-real-ip',
    'x-original-url',
    'x-http-method-override',
    'x-a b',
    'x-a\n',
    'x-ä',
    '',
  ])('refuses %j', (name) => {
    expect(readRequestHeaders({ [name]: 'x' })).toBeUndefined();
  });

  test.each(['a\nb', 'a\rb', 'a\0b', '\u0100', '\x7f'])('refuses the value %j', (value) => {
    expect(readRequestHeaders({ accept: value })).toBeUndefined();
  });

  test('accepts 64 headers, and no more', () => {
    const headers = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '']));
    expect(readRequestHeaders(headers(64))).toBeDefined();
    expect(readRequestHeaders(headers(65))).toBeUndefined();
  });

  test('accepts a value of 8192 characters, and none that is longer', () => {
    expect(readRequestHeaders({ accept: 'x'.repeat(8192) })).toBeDefined();
    expect(readRequestHeaders({ accept: 'x'.repeat(8193) })).toBeUndefined();
  });
});

describe('forAnotherOrigin()', () => {
  test('keeps nothing that could hold a credential', () => {
    const headers = {
      accept: '*/*',
      'content-type': 'text/plain',
      authorization: 'Bearer x',
      cookie: 'a=b',
      'x-api-key': 'k',
      'private-token': 't',
      referer: 'https://a.example.com/secret',
    };
    expect(forAnotherOrigin(headers)).toEqual({ accept: '*/*', 'content-type': 'text/plain' });
  });
});

describe('withoutBodyHeaders()', () => {
  test('drops what describes the body', () => {
    const headers = { accept: '*/*', 'content-type': 'text/plain', 'content-language': 'en' };
    expect(withoutBodyHeaders(headers)).toEqual({ accept: '*/*' });
  });
});
