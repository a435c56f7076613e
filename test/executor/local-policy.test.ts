import { describe, expect, test } from 'vitest';
import { permits } from '../../src/core/capabilities/capability-set.ts';
import { parseCapability } from '../../src/core/capabilities/pattern.ts';
import { type LocalPolicy, parseLocalPolicy } from '../../src/executor/local-policy.ts';

function policyOf(text: string): LocalPolicy {
  const policy = parseLocalPolicy(`plugin_folder = "/plugins"\n${text}`);
  if (!policy.ok) throw new Error(policy.error);
  return policy.value;
}

function allowsIn(text: string, wanted: string): boolean {
  const capability = parseCapability(wanted);
  if (!capability.ok) throw new Error(capability.error.message);
  return permits(policyOf(text).rules, capability.value);
}

describe('executor.toml', () => {
  test('allows nothing of the machine that it does not name', () => {
    for (const wanted of [
      'tool:file:read:/a',
      'tool:file:write:/a',
      'tool:exec:/usr/bin/ls',
      'tool:network:http:x.example:443',
      'system:secret:use:key',
    ]) {
      expect(allowsIn('', wanted)).toBe(false);
    }
    expect(policyOf('')).toMatchObject({ plugins: [], tiers: ['process'], reads: [], writes: [] });
  });

  test.each([
    [
      'a folder to read, and all in it',
      '[paths]\nread = ["/a"]',
      ['tool:file:read:/a', 'tool:file:read:/a/b/c'],
      ['tool:file:read:/ab', 'tool:file:write:/a/b'],
    ],
    [
      'a folder to write, which is read too',
      '[paths]\nwrite = ["/a/"]',
      ['tool:file:write:/a/b', 'tool:file:read:/a/b'],
      ['tool:file:write:/b'],
    ],
    [
      'a folder with a star in its name, literally',
      '[paths]\nread = ["/a*"]',
      ['tool:file:read:/a%2A/b'],
      ['tool:file:read:/ab/c'],
    ],
    ['the whole machine', '[paths]\nread = ["/"]', ['tool:file:read:/etc/x'], []],
    [
      'a host',
      '[network]\nallow = ["x.example:443"]',
      ['tool:network:http:x.example:443', 'tool:network:websocket:x.example:443'],
      ['tool:network:http:x.example:80', 'tool:network:http:y.x.example:443'],
    ],
    [
      'hosts by a star',
      '[network]\nallow = ["*.example:*"]',
      ['tool:network:http:x.example:80'],
      ['tool:network:http:example:80'],
    ],
    [
      'an address',
      '[network]\nallow = ["[2001:db8::1]:443"]',
      ['tool:network:http:2001%3Adb8%3A%3A1:443'],
      [],
    ],
    [
      'a program',
      '[programs]\nallow = ["/usr/bin/ls"]',
      ['tool:exec:/usr/bin/ls'],
      ['tool:exec:/usr/bin/lsof', 'tool:exec:shell'],
    ],
    [
      'all programs of a folder',
      '[programs]\nallow = ["/usr/bin/*"]',
      ['tool:exec:/usr/bin/ls'],
      ['tool:exec:/usr/local/bin/x'],
    ],
    [
      'all programs, and yet no shell',
      '[programs]\nallow = ["*"]',
      ['tool:exec:/x'],
      ['tool:exec:shell'],
    ],
    [
      'shells, where they are named',
      '[programs]\nallow = ["*"]\nshells = true',
      ['tool:exec:shell'],
      [],
    ],
  ])('opens %s', (_, text, open, closed) => {
    expect(open.filter((wanted) => !allowsIn(text, wanted))).toEqual([]);
    expect(closed.filter((wanted) => allowsIn(text, wanted))).toEqual([]);
  });

  test('closes by a deny whatever it opens', () => {
    const text = 'deny = ["tool:file:read:/a/private/*"]\n[paths]\nread = ["/a"]';
    expect(allowsIn(text, 'tool:file:read:/a/x')).toBe(true);
    expect(allowsIn(text, 'tool:file:read:/a/private/x')).toBe(false);
  });

  test.each([
    ['a folder that is no absolute path', '[paths]\nread = ["a"]', '"paths.read.0" must be'],
    ['a misspelt member', '[paths]\nreads = ["/a"]', '"paths.reads" must not be present'],
    ['a host without a port', '[network]\nallow = ["x.example"]', 'network.allow.0'],
    ['private services by a star', '[network]\nprivate = ["10.0.0.1:*"]', 'network.private.0'],
    ['a tier that is none', 'tiers = ["wasm"]', '"tiers.0" must be one of "process", "container"'],
    ['no slots', 'slots = 0', '"slots" must be at least 1'],
    ['too many slots', 'slots = 65', '"slots" must be at most 64'],
    ['slots that are no number', 'slots = "4"', '"slots" must be number'],
    ['a limit beyond all bounds', '[limits]\ntimeoutMs = 600001', 'limits.timeoutMs'],
    ['what is no TOML', '= 1', 'TOML'],
  ])('is refused for %s', (_, text, place) => {
    const policy = parseLocalPolicy(`plugin_folder = "/plugins"\n${text}`);
    expect(policy.ok ? '' : policy.error).toContain(place);
  });
});
