/**
 * A call desk as an executor has it, with a gateway of the test's own: it can sign whatever it likes,
 * and what would run is written down instead.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importPKCS8, SignJWT } from 'jose';
import { expect } from 'vitest';
import type { CapabilityPattern } from '../../../src/core/capabilities/pattern.ts';
import { parseReceipt } from '../../../src/core/executor-protocol/executor-receipt.ts';
import { NODE_TICKET_HEADER } from '../../../src/core/executor-protocol/node-ticket-claims.ts';
import { DEFAULT_EXECUTOR_LIMITS } from '../../../src/core/manifest/executor-limits.ts';
import { canonicalJson } from '../../../src/core/primitives/canonical-json.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import { CallDesk, type CallLog } from '../../../src/executor/call-desk.ts';
import { CallLedger, type FinishedCall } from '../../../src/executor/call-ledger.ts';
import { makeKey } from '../../../src/executor/identity.ts';
import type { Job, JobEnd } from '../../../src/executor/job.ts';
import { parseLocalPolicy } from '../../../src/executor/local-policy.ts';
import type { LocalPlugin } from '../../../src/executor/plugin-catalogue.ts';
import { createSealingKey } from '../../../src/executor/sealing-key.ts';
import { sha256Text } from '../../../src/executor/sha256.ts';
import { createTicketVerifier } from '../../../src/executor/verify-ticket.ts';

export const NODE = `node_${'a'.repeat(44)}`;
export const CODE_HASH = 'c'.repeat(64);

/** Some grants are as wide as can be, so that the machine's own policy is what decides. */
const EVERYTHING = [
  'tool:call:*',
  'tool:exec:*',
  'tool:file:read:*',
  'tool:file:write:*',
  'tool:network:http:*',
  'system:secret:use:*',
] as CapabilityPattern[];

const PLUGIN: LocalPlugin = {
  name: 'echo',
  codeHash: CODE_HASH,
  tier: 'process',
  folder: '/plugins/echo' as LocalPlugin['folder'],
  trace: '',
  runs: {
    protocol: 'json',
    command: ['node', '/plugin/main.mjs'],
    idleMs: 0,
    secrets: { key: { as: 'file' }, header: { as: 'header', header: 'X-Key', prefix: '' } },
  },
};

export interface Scene {
  readonly desk: CallDesk;
  readonly jobs: readonly Job[];
  readonly logs: readonly CallLog[];
  readonly answers: readonly FinishedCall[];
  /** Keys of calls that it has not begun and will not. */
  readonly givenBack: readonly string[];
  readonly gateway: TestKey;
  readonly ledger: CallLedger;
  /** What secrets are sealed for. */
  readonly sealingKey: string;
  /** Takes a call, and waits for its end: the outcome in its receipt. */
  readonly offer: (call: OfferedCall) => Promise<string | undefined>;
  /** The same ledger under a new desk, as after a crash. */
  readonly reborn: (run?: (job: Job) => Promise<JobEnd>) => Promise<Scene>;
  readonly dispose: () => void;
}

export interface TestKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface OfferedCall {
  readonly callKey: string;
  readonly ticket: string;
  readonly arguments: string;
  readonly config?: string;
  /** Sealed. */
  readonly secrets?: string;
}

export interface SceneOptions {
  /** Sections of `executor.toml`. */
  readonly policy?: string;
  readonly run?: (job: Job) => Promise<JobEnd>;
  /** Whether a job is let run as soon as it is given one; else `run` says when. */
  readonly startsAtOnce?: boolean;
}

const ran = async (): Promise<JobEnd> => ({ outcome: 'ok', output: 'ran', truncated: false });

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const { policy = '', run = ran, startsAtOnce = true } = options;
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-desk-'));
  return sceneIn(folder, { policy, run, startsAtOnce, gateway: makeKey(), own: makeKey() });
}

/** With one slot, whose program runs until it is let go, and a second call that waits for it. */
export async function openGated(second: TicketChanges = {}) {
  const gate = Promise.withResolvers<void>();
  const scene = await openScene({
    policy: 'slots = 1',
    run: async () => {
      await gate.promise;
      return ran();
    },
  });
  const calls = [await makeCall(scene.gateway), await makeCall(scene.gateway, second)] as const;
  for (const call of calls) scene.desk.take({ kind: 'call', ...call });
  await expect.poll(() => scene.jobs.length).toBe(1);
  return { scene, first: calls[0], second: calls[1], open: gate.resolve };
}

interface Place {
  readonly policy: string;
  readonly run: (job: Job) => Promise<JobEnd>;
  readonly startsAtOnce: boolean;
  readonly gateway: TestKey;
  readonly own: TestKey;
}

async function sceneIn(folder: string, place: Place): Promise<Scene> {
  const jobs: Job[] = [];
  const logs: CallLog[] = [];
  const answers: FinishedCall[] = [];
  const givenBack: string[] = [];
  const policy = parseLocalPolicy(
    `plugin_folder = "/plugins"\nplugins = ["echo"]\n${place.policy}`,
  );
  if (!policy.ok) throw new Error(policy.error);
  const ledger = new CallLedger(join(folder, 'ledger.sqlite'));
  const sealing = createSealingKey({ node: NODE, privateKey: place.own.privateKey });
  const desk = new CallDesk({
    sealing,
    identity: {
      gatewayUrl: 'https://gateway.example',
      workspace: 'acme',
      node: NODE,
      name: 'test',
      gatewayKey: place.gateway.publicKey,
      privateKey: place.own.privateKey,
    },
    policy: policy.value,
    plugins: [PLUGIN],
    ledger,
    verifier: createTicketVerifier(place.gateway.publicKey, NODE),
    run: async (job) => {
      jobs.push(job);
      if (place.startsAtOnce) job.willRun();
      return await place.run(job);
    },
    answer: (end) => answers.push(end),
    progress: () => undefined,
    giveBack: (callKey) => givenBack.push(callKey),
    log: (call) => logs.push(call),
  });
  return {
    ...{
      desk,
      jobs,
      logs,
      answers,
      givenBack,
      ledger,
      gateway: place.gateway,
      sealingKey: sealing.offer.key,
    },
    offer: async (call) => {
      const before = answers.length;
      desk.take({ kind: 'call', ...call });
      await expect.poll(() => answers.length).toBeGreaterThan(before);
      return parseReceipt(answers[before]?.receipt ?? '')?.outcome;
    },
    reborn: async (run = place.run) => {
      ledger.close();
      const scene = await sceneIn(folder, { ...place, run });
      scene.desk.settleInterrupted();
      return scene;
    },
    dispose: () => {
      ledger.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface TicketChanges {
  readonly audience?: string;
  /** Further members of the header, or others. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly issuedAt?: number;
  readonly expiresAt?: number;
  readonly ticketId?: string;
  readonly call?: Readonly<Record<string, unknown>>;
  readonly executor?: Readonly<Record<string, unknown>>;
  readonly ceiling?: readonly string[];
  readonly arguments?: JsonObject;
  readonly config?: JsonObject;
}

let made = 0;

/** A call under a ticket that is good in all that was not changed. */
export async function makeCall(key: TestKey, changes: TicketChanges = {}): Promise<OfferedCall> {
  made += 1;
  const now = Date.now();
  const args = canonicalJson(changes.arguments ?? { text: 'hello' });
  const config = changes.config && canonicalJson(changes.config);
  const claims = {
    workspace: 'acme',
    session: 'ses_1',
    callKey: `turn_1/0/${made}`,
    tool: 'echo',
    plugin: 'echo',
    pluginVersion: '1.0.0',
    codeHash: CODE_HASH,
    argumentHash: sha256Text(args),
    tier: 'process',
    executor: {
      entry: 'echo',
      principal: 'user:alice',
      capabilities: ['tool:call:echo'],
      granted: { allow: EVERYTHING, deny: [] },
      limits: DEFAULT_EXECUTOR_LIMITS,
      ...(config !== undefined && { configHash: sha256Text(config) }),
      ...changes.executor,
    },
    label: { integrity: 'trusted', confidentiality: 'public' },
    revision: 1,
    epoch: 1,
    deadlineAt: now + 20_000,
    ...changes.call,
  };
  const pem = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(key.privateKey, 'base64url').toString('base64')}\n-----END PRIVATE KEY-----`;
  const ticket = await new SignJWT({
    call: claims,
    ceiling: { allow: changes.ceiling ?? EVERYTHING, deny: [] },
  })
    .setProtectedHeader({ ...NODE_TICKET_HEADER, ...changes.header })
    .setAudience(changes.audience ?? NODE)
    .setJti(changes.ticketId ?? made.toString(16).padStart(32, '0'))
    .setIssuedAt(Math.floor((changes.issuedAt ?? now) / 1_000))
    .setExpirationTime(Math.ceil((changes.expiresAt ?? now + 20_000) / 1_000))
    .sign(await importPKCS8(pem, 'EdDSA'));
  const settings = config === undefined ? {} : { config };
  return { callKey: claims.callKey, ticket, arguments: args, ...settings };
}
