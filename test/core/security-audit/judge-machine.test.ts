import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { findAdvisories } from '../../../src/core/security-audit/advisories.ts';
import { tellDays, toEpochDay } from '../../../src/core/security-audit/day.ts';
import { judgeMachine } from '../../../src/core/security-audit/judge-machine.ts';
import type { MachineFacts } from '../../../src/core/security-audit/machine-facts.ts';
import {
  isStrongMasterKey,
  isStrongRootToken,
} from '../../../src/core/security-audit/secret-strength.ts';
import { DAY_MS, NOW } from './support/clean-facts.ts';

const GATEWAY = {
  ...{ url: 'https://gateway.example', isLoopback: false, answersNobody: false, takesToken: true },
  ...{ version: '0.1.0', clockAheadMs: 400, certificateEndsAt: NOW + 60 * DAY_MS },
};
const SECRETS = { path: '.dev.vars', missing: [], strongMasterKey: true, strongRootToken: true };
const GOOD: MachineFacts = {
  ...{ now: NOW, platform: 'linux', nodeVersion: '24.21.0', version: '0.1.0' },
  ...{ isInstalled: true, isBuilt: true, compatibilityDate: '2026-10-23' },
  packages: [{ name: 'workerd', installed: '1.20261023.1', wanted: '1.20261023.1' }],
  programs: [{ name: 'bubblewrap', version: '0.8.0' }, { name: 'runc' }],
  secretsFile: SECRETS,
  privateFiles: [{ path: '.dev.vars', isOpenToOthers: false }],
  ...{ gateway: GATEWAY, nodes: [], needsNode: false },
  plugins: [{ name: 'text-stats', version: '1.0.0' }],
  bundled: [
    {
      ...{ name: 'text-stats', version: '1.0.0', sha256: 'a'.repeat(64) },
      folder: 'build/plugins/text-stats',
    },
  ],
};

const found = (change: Partial<MachineFacts>) =>
  judgeMachine({ ...GOOD, ...change }).map(({ id, level }) => `${level} ${id}`);
const gateway = (change: object) => ({ gateway: { ...GATEWAY, ...change } });
const secretsFile = (change: object) => ({ secretsFile: { ...SECRETS, ...change } });
const installed = (name: string, version: string, wanted = version) => ({
  packages: [{ name, installed: version, wanted }],
});

describe('judgeMachine()', () => {
  test('finds nothing on a machine in order', () => {
    expect(found({})).toEqual([]);
  });

  test.each<[string, Partial<MachineFacts>, string[]]>([
    ['no installation', { isInstalled: false }, ['high not-installed']],
    ['no build', { isBuilt: false }, ['low not-built']],
    ['Node 20, whose support has ended', { nodeVersion: '20.20.2' }, ['high node-old']],
    ['Node 23, which nobody supports', { nodeVersion: '23.11.0' }, ['high node-old']],
    ['Node 24 before a security release', { nodeVersion: '24.14.0' }, ['high known-flaw']],
    ['wrangler with a known flaw', installed('wrangler', '4.59.0'), ['high known-flaw']],
    [
      'another version than was tested',
      installed('zod', '4.0.0', '4.6.7'),
      ['medium package-differs'],
    ],
    ['an old engine', installed('workerd', '1.20260101.0'), ['low platform-old']],
    ['a very old engine', installed('workerd', '1.20251101.0'), ['medium platform-old']],
    ['an old date of the platform', { compatibilityDate: '2026-05-01' }, ['low platform-old']],
    [
      'runc with a known flaw',
      { programs: [{ name: 'runc', version: '1.2.7' }] },
      ['low known-flaw'],
    ],
    [
      'secrets that others can read',
      { privateFiles: [{ path: 'a', isOpenToOthers: true }] },
      ['high file-open'],
    ],
    [
      'no master key',
      secretsFile({ missing: ['SALLYPORT_MASTER_KEY'], strongMasterKey: false }),
      ['medium secret-missing'],
    ],
    ['a weak master key', secretsFile({ strongMasterKey: false }), ['high master-key-weak']],
    ['a weak root token', secretsFile({ strongRootToken: false }), ['high root-token-weak']],
    [
      'a plugin that is behind',
      { plugins: [{ name: 'text-stats', version: '0.9.0' }] },
      ['medium plugin-old'],
    ],
    ['no sandbox', { sandboxProblem: 'no bubblewrap' }, ['low no-sandbox']],
    ['no executor where one is needed', { needsNode: true }, ['medium no-executor']],
    ['no gateway', gateway({ problem: 'ECONNREFUSED', takesToken: false }), ['high gateway-down']],
    [
      'a gateway without authentication',
      gateway({ answersNobody: true }),
      ['high no-authentication'],
    ],
    ['a token that is refused', gateway({ takesToken: false }), ['high token-refused']],
    ['no TLS', gateway({ url: 'http://gateway.example' }), ['high no-tls']],
    ['another version of the gateway', gateway({ version: '0.0.9' }), ['medium gateway-differs']],
    ['another time', gateway({ clockAheadMs: -31_000 }), ['medium clock-skew']],
    [
      'a certificate that ends',
      gateway({ certificateEndsAt: NOW + 20 * DAY_MS }),
      ['medium certificate-ends'],
    ],
  ])('finds %s', (_, change, findings) => {
    expect(found(change)).toEqual(findings);
  });

  test.each<[string, Partial<MachineFacts>]>([
    ['Node 22 as it was released', { nodeVersion: '22.22.2' }],
    ['the mended wrangler', installed('wrangler', '4.59.1')],
    ['the mended runc', { programs: [{ name: 'runc', version: '1.2.8' }] }],
    ['a plugin of somebody else', { plugins: [{ name: 'other', version: '0.1.0' }] }],
    ['an executor that is online', { needsNode: true, nodes: [{ name: 'a', state: 'online' }] }],
    ['no executor where none is needed', { nodes: [{ name: 'a', state: 'offline' }] }],
    ['loopback without TLS', gateway({ url: 'http://127.0.0.1:8787', isLoopback: true })],
    ['a gateway that does not say its version', gateway({ version: undefined })],
    ['half a minute', gateway({ clockAheadMs: 30_000 })],
    ['a certificate for 22 days', gateway({ certificateEndsAt: NOW + 22 * DAY_MS })],
    ['a gateway elsewhere, whose secrets nobody sees', { secretsFile: undefined as never }],
  ])('takes no offence at %s', (_, change) => {
    expect(found(change)).toEqual([]);
  });
});

describe('findAdvisories()', () => {
  const advisory = {
    kind: 'plugin',
    name: 'a',
    id: 'X-1',
    from: '1.0.0',
    fixedIn: '1.2.0',
    problem: 'p',
  } as const;
  test.each([
    ['0.9.9', 0],
    ['1.0.0', 1],
    ['1.2.0-rc.1', 1],
    ['1.2.0', 0],
    ['no version', 0],
  ])('of version %s there are %i', (version, count) => {
    const part = { kind: 'plugin', name: 'a', version } as const;
    expect(findAdvisories(part, [advisory])).toHaveLength(count);
    expect(findAdvisories({ ...part, name: 'b' }, [advisory])).toEqual([]);
    expect(findAdvisories({ ...part, kind: 'package' }, [advisory])).toEqual([]);
  });
});

test('tellDays() counts as people do', () => {
  expect([0, 1, 2].map(tellDays)).toEqual(['less than a day', '1 day', '2 days']);
});

describe('toEpochDay()', () => {
  test('counts as the calendar does, through leap days and ends of centuries', () => {
    for (let day = -200_000; day < 200_000; day += 97) {
      const text = new Date(day * DAY_MS).toISOString().slice(0, 10);
      expect([text, toEpochDay(text)]).toEqual([text, day]);
    }
  });
  test.each(['', '2026-13-01', '2026-00-10', '2026-01-32', '2026-1-1', '2026-01-01T00:00'])(
    'says nothing of "%s"',
    (text) => expect(toEpochDay(text)).toBeUndefined(),
  );
});

describe('strength of secrets', () => {
  const toKey = (bytes: readonly number[]) => Buffer.from(bytes).toString('base64url');
  /** As good as random, and the same in every run. */
  const random = [...createHash('sha256').update('strength').digest()];
  test.each<[string, string, boolean]>([
    ['32 random bytes', toKey(random), true],
    ['31 random bytes', toKey(random.slice(1)), false],
    ['33 random bytes', toKey([...random, 1]), false],
    ['zeros', toKey(Array(32).fill(0)), false],
    ['0, 1, 2 …', toKey(random.map((_, index) => index)), false],
    ['7, 14, 21 … around the end', toKey(random.map((_, index) => (index * 7) % 256)), false],
    [
      'a short word again and again',
      toKey([...'password'.repeat(4)].map((it) => it.charCodeAt(0))),
      false,
    ],
    ['another alphabet', Buffer.from(random).toString('hex'), false],
    ['nothing', '', false],
  ])('of a master key of %s', (_, text, isStrong) => {
    expect(isStrongMasterKey(text)).toBe(isStrong);
  });
  test.each<[string, string, boolean]>([
    ['what "npm start" makes', `sproot_${toKey(random)}`, true],
    ['15 random bytes in hex', Buffer.from(random.slice(0, 15)).toString('hex'), false],
    ['32 random bytes in hex', Buffer.from(random).toString('hex'), true],
    ['a word', 'sproot_correct-horse', false],
    ['one letter', 'a'.repeat(500), false],
    ['nothing', '', false],
  ])('of a root token of %s', (_, text, isStrong) => {
    expect(isStrongRootToken(text)).toBe(isStrong);
  });
});
