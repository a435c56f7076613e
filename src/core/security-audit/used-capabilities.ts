/**
 * What the record shows that somebody has used of the capabilities that there are.
 *
 * The record holds the tool, the model and the host of each call, and every privileged action. It holds
 * no paths and no mere looking, so of some families it is known that they were used and not for what, and
 * of others nothing is known at all: who judges by this must leave these alone.
 *
 * @module
 */

import type { AuditAction } from '../audit/audit-event.ts';
import { FAMILIES, type FamilyName, findFamily } from '../capabilities/catalogue.ts';
import { toResource } from '../capabilities/resource.ts';
import { MACHINE_FAMILY_NAMES } from '../policy/granted-on-machine.ts';
import type { ProvedTool } from '../policy/prove-move.ts';
import { speaksOf } from '../policy/speaks-of.ts';

/** What is read of an audit event. A newer gateway may know more actions. */
export interface RecordedEvent {
  readonly action: string;
  readonly decision: 'allowed' | 'denied' | 'observed';
  readonly at: number;
  readonly actor: string;
  readonly tool?: string;
  readonly model?: string;
  readonly resource?: string;
}

/** What each action takes that an operator or a program does over HTTP. */
const NEEDED_FOR = {
  'turn-admitted': 'session:turn',
  'turn-cancelled': 'session:cancel',
  'session-created': 'session:create',
  'session-deleted': 'session:delete',
  'workspace-changed': 'system:config:write',
  'switch-thrown': 'system:config:write',
  'switch-released': 'system:config:write',
  'token-issued': 'system:token:issue',
  'token-rotated': 'system:token:issue',
  'token-revoked': 'system:token:revoke',
  'plugin-installed': 'system:plugin:install',
  'plugin-configured': 'system:plugin:install',
  'skill-installed': 'system:plugin:install',
  'plugin-stopped': 'system:plugin:stop',
  'plugin-quarantined': 'system:plugin:stop',
  'plugin-deleted': 'system:plugin:delete',
  'skill-deleted': 'system:plugin:delete',
  'plugin-released': 'system:plugin:release',
  'node-approved': 'system:node:approve',
  'node-changed': 'system:node:approve',
  'node-revoked': 'system:node:revoke',
  'approval-decided': 'system:approval:decide',
  'secret-written': 'system:secret:write',
  'secret-deleted': 'system:secret:write',
  'secrets-rewrapped': 'system:secret:write',
  'remote-sign-in-begun': 'system:plugin:sign-in',
  'remote-sign-in-finished': 'system:plugin:sign-in',
  'remote-sign-in-ended': 'system:plugin:sign-in',
  'schedule-created': 'schedule:write',
  'schedule-removed': 'schedule:write',
  'schedule-paused': 'schedule:write',
  'schedule-resumed': 'schedule:write',
  'schedule-started': 'schedule:write',
  'block-spawned': 'block:spawn',
  'block-exited': 'block:exit',
  'retention-changed': 'system:admin',
} as const satisfies Partial<Record<AuditAction, FamilyName>>;

const NEEDED: ReadonlyMap<string, FamilyName> = new Map(Object.entries(NEEDED_FOR));

/** Families of which every use is on the record. What tools ask for beside these is, too. */
const ON_RECORD: ReadonlySet<FamilyName> = new Set([
  ...Object.values(NEEDED_FOR),
  'tool:call',
  ...MACHINE_FAMILY_NAMES,
  'provider:llm:call',
  'provider:llm:stream',
  'provider:embedding',
]);

/**
 * Families that a block or a channel uses under a name of its own: those that their owner holds count
 * as used as soon as any of them has used them.
 */
export const ACTS_FOR_OTHERS = /^(block|channel):/;

export function isOnRecord(family: FamilyName): boolean {
  return ON_RECORD.has(family);
}

export interface UsedCapabilities {
  /** Concrete ones: `tool:call:note-add`, `session:turn`. */
  readonly exact: ReadonlySet<string>;
  /** Families that were used for the record does not say what. */
  readonly families: ReadonlySet<FamilyName>;
}

/** Of the events of one actor, or of several who may use the same grants. Refusals are no use. */
export function findUsed(
  events: readonly RecordedEvent[],
  tools: readonly ProvedTool[],
): UsedCapabilities {
  const done = events.filter(({ decision }) => decision !== 'denied');
  const exact = new Set<string>();
  const families = new Set<FamilyName>();
  const hostsOfTools = new Set<string>();
  const names = new Set<string>();
  for (const { action, model, tool, resource } of done) {
    const needed = NEEDED.get(action);
    if (needed !== undefined) exact.add(needed);
    if (model !== undefined) addModel(exact, model);
    if (tool !== undefined) names.add(tool);
    if (action !== 'host-call' || resource === undefined) continue;
    const family = findFamily(resource);
    if (family !== undefined) families.add(family.name);
    else if (addHost(exact, resource)) hostsOfTools.add(tool ?? '');
  }
  for (const name of names) {
    addName(exact, 'tool:call', name);
    const requires = tools.find((tool) => tool.name === name)?.requires ?? [];
    for (const need of requires) {
      if (!/[{*]/.test(need)) exact.add(need);
      else addFamilies(families, need, hostsOfTools.has(name));
    }
  }
  return { exact, families };
}

/** A template may have become anything of its families; of hosts it is known which, where some are. */
function addFamilies(families: Set<FamilyName>, need: string, areHostsKnown: boolean): void {
  for (const { name } of FAMILIES) {
    const isKnown = areHostsKnown && name.startsWith('tool:network:');
    if (!isKnown && speaksOf(need, [name])) families.add(name);
  }
}

/** Whether it was asked for a text, a stream or a vector is not on the record. */
function addModel(exact: Set<string>, model: string): void {
  addName(exact, 'provider:llm:call', model);
  addName(exact, 'provider:llm:stream', model);
  addName(exact, 'provider:embedding', model);
}

function addName(exact: Set<string>, family: FamilyName, name: string): void {
  const resource = toResource('name', name);
  if (resource.ok) exact.add(`${family}:${resource.value}`);
}

/** `host:port` as policies write it. Whether it was a WebSocket is not on the record. */
function addHost(exact: Set<string>, hostAndPort: string): boolean {
  const [, address, name, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(hostAndPort) ?? [];
  const resource = toResource('host-port', { host: address ?? name ?? '', port: Number(port) });
  if (!resource.ok) return false;
  exact.add(`tool:network:http:${resource.value}`);
  exact.add(`tool:network:websocket:${resource.value}`);
  return true;
}
