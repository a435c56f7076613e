import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers, parseCapability } from '../../../src/core/capabilities/pattern.ts';
import { couldBeResource, toResource } from '../../../src/core/capabilities/resource.ts';
import { anyFileName } from './arbitraries.ts';
import { capability, pattern } from './read.ts';

const malformed = { ok: false, error: { code: 'malformed_capability' } };

describe('toResource()', () => {
  test.each([
    ['path', '/', '/'],
    ['path', '/data/report.csv', '/data/report.csv'],
    ['path', '/etc/a:b', '/etc/a%3Ab'],
    ['path', '/data/*', '/data/%2A'],
    ['path', '/data/%2e%2e', '/data/%252e%252e'],
    ['path', '/a\\b c', '/a%5Cb%20c'],
    ['path', '/.ssh/...', '/.ssh/...'],
    ['path', '/cafe\u0301', '/caf%C3%A9'],
    ['name', 'git', 'git'],
    ['name', 'openai/gpt-5', 'openai/gpt-5'],
    ['name', '*', '%2A'],
    ['name', 'a:b', 'a%3Ab'],
    ['name', '\u212a', 'K'],
  ] as const)('writes the %s %j as %s', (kind, value, expected) => {
    expect(toResource(kind, value)).toEqual({ ok: true, value: expected });
  });

  test.each([
    ['path', ''],
    ['path', 'data/report.csv'],
    ['path', '/data/../etc/passwd'],
    ['path', '/data/.'],
    ['path', '/data//x'],
    ['path', '//data'],
    ['path', '/data/'],
    ['path', '/data\0/x'],
    ['path', '/\ud800'],
    ['name', ''],
    ['name', 'a\0b'],
    ['name', '/a/../b'],
  ] as const)('refuses the %s %j', (kind, value) => {
    expect(toResource(kind, value)).toMatchObject(malformed);
  });

  test.each([
    [{ host: 'api.example.com', port: 443 }, 'api.example.com:443'],
    [{ host: '10.0.0.1', port: 1 }, '10.0.0.1:1'],
    [{ host: '2001:db8::1', port: 65_535 }, '2001%3Adb8%3A%3A1:65535'],
  ])('writes the host and port %j as %s', (value, expected) => {
    expect(toResource('host-port', value)).toEqual({ ok: true, value: expected });
  });

  test.each([
    { host: 'API.example.com', port: 443 },
    { host: 'api.example.com.', port: 443 },
    { host: '[::1]', port: 443 },
    { host: '0x7f.1', port: 443 },
    { host: '*', port: 443 },
    { host: 'a:80', port: 443 },
    { host: '', port: 443 },
    { host: 'a', port: 0 },
    { host: 'a', port: 65_536 },
    { host: 'a', port: -1 },
    { host: 'a', port: 80.5 },
    { host: 'a', port: Number.NaN },
    { host: 'a', port: 1e21 },
  ])('refuses the host and port %j', (value) => {
    expect(toResource('host-port', value)).toMatchObject(malformed);
  });

  test('refuses values that are too long when written', () => {
    expect(toResource('name', 'a'.repeat(512)).ok).toBe(true);
    expect(toResource('name', 'a'.repeat(513)).ok).toBe(false);
    expect(toResource('name', ' '.repeat(170)).ok).toBe(true);
    expect(toResource('name', ' '.repeat(171)).ok).toBe(false);
    expect(toResource('path', `/${'e\u0301'.repeat(1_000_000)}`).ok).toBe(false);
  });

  test('repeats nothing of a refused value, since arguments are in it', () => {
    for (const value of ['hunter2', '/hunter2/..', `/hunter2${'x'.repeat(600)}`]) {
      expect(JSON.stringify(toResource('path', value))).not.toContain('hunter2');
    }
    expect(JSON.stringify(toResource('host-port', { host: 'Hunter2', port: 1 }))).not.toContain(
      'unter2',
    );
  });

  test('writes any file name as one segment that no star and no colon comes out of', () => {
    fc.assert(
      fc.property(anyFileName, (name) => {
        const written = toResource('path', `/etc/${name}`);
        expect(written.ok && written.value).toMatch(/^\/etc\/[A-Za-z0-9\-._~@+=%]+$/);
        expect(written.ok && parseCapability(`tool:file:read:${written.value}`).ok).toBe(true);
      }),
    );
  });

  test('leaves no file name that slips past a pattern of its folder, nor into one of another', () => {
    const inside = pattern('tool:file:read:/etc/*');
    const outside = ['/etc*/*', '/et/*', '/data/*', '/etcetera/*'].map((glob) =>
      pattern(`tool:file:read:${glob}`),
    );
    fc.assert(
      fc.property(fc.array(anyFileName, { minLength: 1, maxLength: 3 }), (steps) => {
        const written = toResource('path', `/etc/${steps.join('/')}`);
        const asked = capability(`tool:file:read:${written.ok ? written.value : ''}`);
        expect(covers(inside, asked)).toBe(true);
        expect(outside.slice(1).some((glob) => covers(glob, asked))).toBe(false);
      }),
    );
  });

  test('writes different values differently, up to Unicode normal form', () => {
    fc.assert(
      fc.property(anyFileName, anyFileName, (a, b) => {
        const isSame =
          JSON.stringify(toResource('name', a)) === JSON.stringify(toResource('name', b));
        expect(isSame).toBe(a === b);
      }),
    );
  });
});

describe('couldBeResource()', () => {
  test.each([
    ['path', '/a', true],
    ['path', 'a', false],
    ['path', '/a:b', false],
    ['path', '*', true],
    ['path', '*.csv', true],
    ['path', 'a*', false],
    ['name', 'a', true],
    ['name', '', false],
    ['name', 'a:b', false],
    ['host-port', 'example.com:443', true],
    ['host-port', '2001%3Adb8%3A%3A1:443', true],
    ['host-port', '2001:db8', false],
    ['host-port', 'example.com', false],
    ['host-port', 'example.com:443:443', false],
    ['host-port', 'Example.com:443', false],
    ['host-port', 'example.com.:443', false],
    ['host-port', 'example.com:0443', false],
    ['host-port', 'example.com:65536', false],
    ['host-port', '*', true],
    ['host-port', 'a*', false],
    ['host-port', '*.example.com:443', true],
    ['host-port', '*.Example.com:443', false],
    ['host-port', '*.example.com.:443', false],
    ['host-port', '*%20:443', false],
    ['host-port', '2001%3A*:443', true],
    ['host-port', 'example.com:*', true],
    ['host-port', 'example.com:8*', true],
    ['host-port', 'example.com:http*', false],
  ] as const)('of kind %s, %j: %s', (kind, text, expected) => {
    expect(couldBeResource(kind, text)).toBe(expected);
  });

  test('holds for whatever toResource() wrote', () => {
    fc.assert(
      fc.property(anyFileName, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const path = toResource('path', `/${name}`);
        const server = toResource('host-port', { host: 'fe80::1', port });
        expect(path.ok && couldBeResource('path', path.value)).toBe(true);
        expect(server.ok && couldBeResource('host-port', server.value)).toBe(true);
      }),
    );
  });
});
