/**
 * A gateway that was taken over signs whatever it likes, and has pinned keys on its side. It gets
 * no more of the machine than its owner has written into `executor.toml`.
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JobEnd } from '../../../src/executor/job.ts';
import { parseLocalPolicy } from '../../../src/executor/local-policy.ts';
import { planCallAccess, planServerAccess } from '../../../src/executor/plan-access.ts';
import {
  makeCall,
  openScene,
  type Scene,
  type TicketChanges,
} from '../../executor/support/desk.ts';

let folder: string;
let scene: Scene;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sallyport-machine-')));
  for (const name of ['shelf', 'shelf/private', 'desk', 'vault']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'shelf/a.txt'), 'a');
  writeFileSync(join(folder, 'vault/key.txt'), 'key');
  symlinkSync(join(folder, 'vault'), join(folder, 'shelf/out'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const policyText = () => `
  [paths]
  read = ["${folder}/shelf"]
  write = ["${folder}/desk"]
  [network]
  allow = ["api.example.com:443"]
  [limits]
  timeoutMs = 5000
  memoryBytes = 67108864
`;

beforeEach(async () => {
  scene = await openScene({
    policy: policyText(),
    run: async (job) => {
      const access = planCallAccess(job.ticket, job.rules);
      return access.ok
        ? { outcome: 'ok', output: JSON.stringify(access.value), truncated: false }
        : { outcome: access.error, truncated: false };
    },
  });
});
afterEach(() => scene.dispose());

const ask = async (...capabilities: string[]) =>
  scene.offer(await makeCall(scene.gateway, { executor: { capabilities } }));
const given = () => JSON.parse(scene.answers.at(-1)?.output ?? '{}');

describe('paths', () => {
  test('that the owner has opened are given', async () => {
    expect(await ask(`tool:file:read:${folder}/shelf/a.txt`)).toBe('ok');
    expect(given()).toMatchObject({ reads: [`${folder}/shelf/a.txt`], writes: [] });
    expect(await ask(`tool:file:write:${folder}/desk/new.txt`)).toBe('ok');
    expect(given()).toMatchObject({ reads: [], writes: [`${folder}/desk`] });
  });

  test.each([
    ['outside of them', 'read', 'vault/key.txt', 'node_policy_denied'],
    ['that only begin alike', 'read', 'shelfish', 'node_policy_denied'],
    ['to read, for writing', 'write', 'shelf/a.txt', 'node_policy_denied'],
    ['behind a link in them', 'read', 'shelf/out/key.txt', 'host_denied'],
    ['that are a link out of them', 'read', 'shelf/out', 'host_denied'],
    ['that are not there', 'read', 'shelf/none', 'host_denied'],
    ['in folders that are not there', 'write', 'desk/none/new.txt', 'host_denied'],
  ])('%s are refused', async (_, use, path, outcome) => {
    expect(await ask(`tool:file:${use}:${folder}/${path}`)).toBe(outcome);
  });

  test.each([
    '/etc/shadow',
    '/',
    '/proc/1/environ',
    '/root/.ssh/id_ed25519',
    '/var/run/docker.sock',
  ])('of the system are refused: %s', async (path) => {
    expect(await ask(`tool:file:read:${path}`)).toBe('node_policy_denied');
  });

  test('a folder is given whole or not at all', async () => {
    expect(await ask(`tool:file:read:${folder}/shelf`)).toBe('ok');
    const denying = await makeCall(scene.gateway, {
      executor: {
        capabilities: [`tool:file:read:${folder}/shelf`],
        granted: {
          allow: ['tool:file:read:*'],
          deny: [`tool:file:read:${folder}/shelf/private/*`],
        },
      },
    });
    expect(await scene.offer(denying)).toBe('host_denied');
  });
});

describe('hosts', () => {
  test('that the owner has opened are given, and no others', async () => {
    expect(await ask('tool:network:http:api.example.com:443')).toBe('ok');
    expect(given().network.allow).toEqual(['tool:network:http:api.example.com:443']);
    for (const host of ['evil.example:443', 'api.example.com:80', '169.254.169.254:80']) {
      expect(await ask(`tool:network:http:${host}`)).toBe('node_policy_denied');
    }
  });

  test('of a server that is kept are those of its owner, however wide its grants', () => {
    const policy = parseLocalPolicy(`plugin_folder = "/p"\n${policyText()}`);
    if (!policy.ok) throw new Error(policy.error);
    const { network, reads, writes } = planServerAccess(policy.value, policy.value.rules);
    expect(network.allow).toContain('tool:network:http:api.example.com:443');
    expect(network.allow).not.toContain('tool:network:http:*');
    expect(reads).toEqual([`${folder}/shelf`, `${folder}/desk`]);
    expect(writes).toEqual([`${folder}/desk`]);
  });
});

describe('everything else', () => {
  test.each<[string, TicketChanges, string]>([
    ['a plugin that is not here', { call: { plugin: 'other' } }, 'tier_unavailable'],
    ['other code under its name', { call: { codeHash: 'd'.repeat(64) } }, 'tier_unavailable'],
    ['another tier for it', { call: { tier: 'container' } }, 'tier_unavailable'],
    [
      'what the node itself may not run',
      { ceiling: ['tool:file:read:*'], executor: { capabilities: ['tool:call:echo'] } },
      'node_policy_denied',
    ],
  ])('%s is refused', async (_, changes, outcome) => {
    expect(await scene.offer(await makeCall(scene.gateway, changes))).toBe(outcome);
  });

  test('limits beyond those of the owner are cut down to them', async () => {
    await scene.offer(await makeCall(scene.gateway));
    expect(scene.jobs[0]?.limits).toMatchObject({ timeoutMs: 5_000, memoryBytes: 67_108_864 });
  });

  test('more calls than memory could hold are not taken on, nor written down', async () => {
    const gate = Promise.withResolvers<JobEnd>();
    const flooded = await openScene({ run: () => gate.promise });
    const calls = await Promise.all(Array.from({ length: 513 }, () => makeCall(flooded.gateway)));
    for (const call of calls) flooded.desk.take({ kind: 'call', ...call });
    const [refused, ...others] = flooded.logs;
    expect([refused?.outcome, refused?.problem]).toEqual(['tier_unavailable', 'too_many']);
    expect(others).toEqual([]);
    expect(flooded.ledger.find(calls.at(-1)!.callKey)).toBeUndefined();
    gate.resolve({ outcome: 'ok', output: 'ran', truncated: false });
    await flooded.desk.drain(0);
    flooded.dispose();
  });

  test('no call runs longer than until its deadline', async () => {
    await scene.offer(await makeCall(scene.gateway, { call: { deadlineAt: Date.now() + 2_000 } }));
    expect(scene.jobs[0]?.limits.timeoutMs).toBeLessThanOrEqual(2_000);
  });
});
