/**
 * A deployment in which there is nothing to find, for tests that spoil one thing at a time.
 *
 * @module
 */

import { parsePattern } from '../../../../src/core/capabilities/pattern.ts';
import { DEFAULT_POLICY, type Policy } from '../../../../src/core/policy/policy.ts';
import type { DeploymentFacts } from '../../../../src/core/security-audit/deployment-facts.ts';
import type { RecordedEvent } from '../../../../src/core/security-audit/used-capabilities.ts';

export const NOW = Date.UTC(2026, 10, 22);
export const DAY_MS = 86_400_000;

export const patterns = (...texts: readonly string[]) =>
  texts.map((text) => {
    const parsed = parsePattern(text);
    if (!parsed.ok) throw new Error(parsed.error.message);
    return parsed.value;
  });

export const CLEAN_POLICY: Policy = {
  ...DEFAULT_POLICY,
  allow: patterns('tool:call:text-stats', 'session:*'),
  models: { ...DEFAULT_POLICY.models, allow: ['embedded/*'] },
  plugins: { ...DEFAULT_POLICY.plugins, requireSignature: true },
  encryption: { atRest: 'content' },
};

const TOKEN = {
  ...{ id: 'tok_1', subject: 'service:bot', grants: ['tool:call:text-stats'] },
  ...{ createdAt: NOW - 40 * DAY_MS, expiresAt: NOW + 60 * DAY_MS, lastUsedAt: NOW - DAY_MS },
};

export const PLUGIN = {
  ...{ name: 'text-stats', version: '1.0.0', tier: 'wasm', state: 'running' },
  ...{ sha256: 'a'.repeat(64), capabilities: [] },
};

export const CALL: RecordedEvent = {
  ...{ action: 'tool-call', at: NOW - DAY_MS, actor: 'service:bot', tool: 'text-stats' },
  decision: 'allowed',
};

export const CLEAN: DeploymentFacts & {
  readonly tokens: readonly (typeof TOKEN)[];
  readonly policy: Policy;
} = {
  now: NOW,
  workspace: 'default',
  surface: {
    ...{ url: 'https://gateway.example', isLoopback: false },
    ...{ answersToForeignHost: false, openRoutes: [] },
  },
  policy: CLEAN_POLICY,
  members: [{ id: 'alice', grants: ['session:read'] }],
  proof: {
    policy: CLEAN_POLICY,
    plugins: [{ name: 'text-stats', allow: [], deny: [], tools: [] }],
    principals: [{ name: 'service:bot', grants: patterns('tool:call:text-stats') }],
  },
  tokens: [TOKEN],
  plugins: [PLUGIN],
  nodes: [
    {
      ...{ id: 'nod_1', name: 'desk', state: 'online', allow: ['tool:call'.concat(':text-stats')] },
      deny: [],
      ...{ approvedAt: NOW - 90 * DAY_MS, lastSeenAt: NOW - 90 * DAY_MS },
    },
  ],
  channels: [{ name: 'support', platform: 'telegram', access: 'pair-on-request' }],
  secrets: [{ name: 'key', hosts: ['api.example:443'], updatedAt: NOW - 30 * DAY_MS }],
  features: {
    ...{ uploads: true, auditArchive: true, telemetry: false },
    ...{ ownHosts: true, sourceAddresses: true, audiences: true },
  },
  keys: { strongMasterKey: true, strongRootToken: true, formerMasterKey: false },
  record: { from: NOW - 30 * DAY_MS, isWhole: true, events: [CALL] },
  auditHolds: true,
  switches: [],
  bundled: [
    {
      ...{ name: 'text-stats', version: '1.0.0', sha256: 'a'.repeat(64) },
      folder: 'build/plugins/text-stats',
    },
  ],
  unseen: [],
};
