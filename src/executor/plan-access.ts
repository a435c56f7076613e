/**
 * What one run is given of this machine: what its ticket grants, within what the node may run at
 * all, within what the owner of the machine lets it do. The narrowest wins.
 *
 * Paths are resolved first and decided afterwards, so that no link leads around a decision. A folder
 * is given whole, so all of it must be allowed and nothing in it denied.
 *
 * @module
 */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type CapabilityRules,
  findCovering,
  permits,
} from '../core/capabilities/capability-set.ts';
import { meetRules } from '../core/capabilities/meet-rules.ts';
import { decodeSegment } from '../core/capabilities/notation.ts';
import { mayOverlap } from '../core/capabilities/overlap.ts';
import { type Capability, parseCapability, parsePattern } from '../core/capabilities/pattern.ts';
import { toResource } from '../core/capabilities/resource.ts';
import type { NodeTicket } from '../core/executor-protocol/node-ticket-claims.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import type { HostPath } from './host-path.ts';
import type { LocalPolicy } from './local-policy.ts';
import { resolveHostPath } from './resolve-host-path.ts';

export interface Access {
  readonly reads: readonly HostPath[];
  readonly writes: readonly HostPath[];
  /** Of hosts; nothing else is asked of them. */
  readonly network: CapabilityRules;
}

type PathUse = 'read' | 'write';

export type AccessProblem = 'node_policy_denied' | 'host_denied';

/** All that is left when everybody has been asked. */
export function rulesOf({ call, ceiling }: NodeTicket, policy: LocalPolicy): CapabilityRules {
  const { granted, capabilities } = call.executor;
  const approved = { allow: [...granted.allow, ...capabilities], deny: granted.deny };
  return meetRules(approved, ceiling, policy.rules);
}

/** For a run that serves this call alone: what the call named, and nothing else. */
export function planCallAccess(
  { call }: NodeTicket,
  rules: CapabilityRules,
): Result<Access, AccessProblem> {
  const paths: Record<PathUse, HostPath[]> = { read: [], write: [] };
  const hosts: Capability[] = [];
  for (const capability of call.executor.capabilities) {
    if (!permits(rules, capability)) return err('node_policy_denied');
    const [, use, text] = /^tool:file:(read|write):(.+)$/.exec(capability) ?? [];
    if (use !== undefined && text !== undefined) {
      const path = planPath(use as PathUse, decodeSegment(text) ?? '', rules);
      if (path === undefined) return err('host_denied');
      paths[use as PathUse].push(path);
    }
    if (capability.startsWith('tool:network:')) hosts.push(capability);
  }
  const network = { allow: hosts, deny: rules.deny };
  return ok({ reads: paths.read, writes: paths.write, network });
}

/** For a server that serves several calls of one principal: the folders and hosts of all of them. */
export function planServerAccess(policy: LocalPolicy, rules: CapabilityRules): Access {
  const wholeFolders = (use: PathUse, folders: readonly string[]) =>
    folders.flatMap((folder) => {
      const path = resolveHostPath(folder);
      return path.ok && isFolder(path.value) && mayHaveAll(use, path.value, rules)
        ? [path.value]
        : [];
    });
  const allow = rules.allow.filter((pattern) => pattern.startsWith('tool:network:'));
  return {
    reads: wholeFolders('read', policy.reads),
    writes: wholeFolders('write', policy.writes),
    network: { allow, deny: rules.deny },
  };
}

/** What has to be shown to the program so that it finds this path; nothing if it may not. */
function planPath(use: PathUse, text: string, rules: CapabilityRules): HostPath | undefined {
  const path = resolveHostPath(text);
  if (path.ok) {
    if (isFolder(path.value)) return mayHaveAll(use, path.value, rules) ? path.value : undefined;
    const capability = capabilityOf(use, path.value);
    return capability !== undefined && permits(rules, capability) ? path.value : undefined;
  }
  // A file that is to be made is made in its folder, which has to be given for that.
  const folder = use === 'write' ? resolveHostPath(dirname(text)) : path;
  if (!folder.ok || !isFolder(folder.value)) return undefined;
  return mayHaveAll(use, folder.value, rules) ? folder.value : undefined;
}

function mayHaveAll(use: PathUse, folder: HostPath, rules: CapabilityRules): boolean {
  const written = toResource('path', folder);
  if (!written.ok) return false;
  const base = `tool:file:${use}:${written.value === '/' ? '' : written.value}`;
  const all = parsePattern(`${base}/*`);
  return (
    all.ok &&
    findCovering(rules.allow, all.value) !== undefined &&
    !rules.deny.some((denied) => mayOverlap(denied, all.value))
  );
}

function capabilityOf(use: PathUse, path: HostPath): Capability | undefined {
  const written = toResource('path', path);
  const capability = written.ok ? parseCapability(`tool:file:${use}:${written.value}`) : written;
  return capability.ok ? capability.value : undefined;
}

function isFolder(path: HostPath): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
