/** The profile as text: it has not run on a Mac. */

import { describe, expect, test } from 'vitest';
import type { HostPath } from '../../../../src/executor/host-path.ts';
import {
  type MacSandbox,
  pluginProfile,
} from '../../../../src/executor/process-sandbox/seatbelt/plugin-profile.ts';
import { writeProfile } from '../../../../src/executor/process-sandbox/seatbelt/profile.ts';

const path = (text: string) => text as HostPath;

function profileOf(parts: Partial<MacSandbox> = {}): readonly string[] {
  const order = { reads: [], writes: [] };
  return pluginProfile({ order, scratch: path('/scratch'), runtimes: [], ...parts }).split('\n');
}

const rulesWith = (lines: readonly string[], word: string) =>
  lines.filter((line) => line.includes(word));

describe('pluginProfile()', () => {
  test('denies all that it does not allow', () => {
    expect(profileOf().slice(0, 2)).toEqual(['(version 1)', '(deny default)']);
  });

  test('lets a granted folder be read, and not be written', () => {
    const lines = profileOf({ order: { reads: [path('/data')], writes: [] } });
    const rules = rulesWith(lines, '"/data"');
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatch(/^\(allow file-read\* /);
  });

  test('lets a folder that may be written be read too', () => {
    const lines = profileOf({ order: { reads: [], writes: [path('/out')] } });
    expect(rulesWith(lines, '"/out"')).toContain(
      '(allow file-read* file-write* (subpath "/scratch") (subpath "/out"))',
    );
  });

  test("runs programs of the system, of the runtimes and of the plugin's folder only", () => {
    const [exec = ''] = rulesWith(
      profileOf({
        order: { plugin: path('/plugins/a'), reads: [path('/data')], writes: [] },
        runtimes: [path('/opt/node')],
      }),
      'process-exec',
    );
    expect(exec).toContain('"/plugins/a"');
    expect(exec).toContain('"/opt/node"');
    expect(exec).not.toContain('"/data"');
  });

  test('has no network without a proxy, and with one its port alone', () => {
    expect(rulesWith(profileOf(), 'network')).toEqual([]);
    expect(rulesWith(profileOf({ proxyPort: 4128 }), 'network')).toEqual([
      '(allow network-outbound (remote tcp "localhost:4128"))',
    ]);
  });

  test('denies accounts and keychains last, so that no grant covers them', () => {
    const lines = profileOf({ order: { reads: [path('/Library'), path('/private')], writes: [] } });
    expect(lines.at(-1)).toMatch(/^\(deny file-read\* file-write\* .*"\/Library\/Keychains"/);
  });

  test('lets signals reach its own processes only', () => {
    expect(rulesWith(profileOf(), 'signal')).toEqual([
      '(allow signal process-info* (target same-sandbox))',
    ]);
  });
});

describe('writeProfile()', () => {
  const quoted = (text: string) =>
    writeProfile([
      { effect: 'allow', operations: ['file-read*'], places: [{ kind: 'file', path: text }] },
    ]);

  test('keeps a path within its string, whatever it holds', () => {
    expect(quoted('/a") (allow default) ("')).toContain('"/a\\") (allow default) (\\""');
    expect(quoted('/a\\')).toContain('"/a\\\\"');
  });

  test.each(['/a\n(allow default)', '/a\0', '/a\x7f'])(
    'refuses a path with control characters',
    (text) => {
      expect(() => quoted(text)).toThrow('control characters');
    },
  );
});
