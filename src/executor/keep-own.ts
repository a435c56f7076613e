/**
 * What no plugin is given, whatever the owner's table grants: the executor's own folder, with the key
 * of this machine, its policy and its ledger; the passwords of registries; and writes to the programs
 * that were looked at when it started.
 *
 * A folder in which some of that lies is not given whole.
 *
 * @module
 */

import { parsePattern } from '../core/capabilities/pattern.ts';
import { Fault } from '../core/errors/fault.ts';
import type { ExecutorHome } from './executor-home.ts';
import { isWithin } from './host-path.ts';
import { below, type LocalPolicy } from './local-policy.ts';
import { resolveHostPath } from './resolve-host-path.ts';

/** @throws Fault `internal` for a path that has no notation, which could not be denied. */
export function keepOwn(policy: LocalPolicy, home: ExecutorHome): LocalPolicy {
  const denied = ownPaths(policy, home)
    .flatMap(({ path, uses }) => uses.flatMap((use) => below(`tool:file:${use}`, path)))
    .map((text) => {
      const pattern = parsePattern(text);
      if (pattern.ok) return pattern.value;
      throw new Fault(
        'internal',
        `Cannot keep what is the executor's own: ${pattern.error.message}`,
      );
    });
  return { ...policy, rules: { ...policy.rules, deny: [...policy.rules.deny, ...denied] } };
}

/** For the owner: which folders of his table are given in parts only, one sentence each. */
export function describeParts(policy: LocalPolicy, home: ExecutorHome): readonly string[] {
  return givenInParts(policy, home).map(
    (folder) => `"${folder}" is given in parts only: what is the executor's own lies in it`,
  );
}

function givenInParts(policy: LocalPolicy, home: ExecutorHome): readonly string[] {
  const own = ownPaths(policy, home);
  const holdsOwn = (folder: string, use: Use) =>
    own.some(({ path, uses }) => uses.includes(use) && isWithin(path, asResolved(folder)));
  const reads = policy.reads.filter((folder) => holdsOwn(folder, 'read'));
  const writes = policy.writes.filter((folder) => holdsOwn(folder, 'write'));
  return [...new Set([...reads, ...writes])];
}

type Use = 'read' | 'write';

interface OwnPath {
  /** As it is resolved, by which authority is decided. */
  readonly path: string;
  readonly uses: readonly Use[];
}

function ownPaths(
  { pluginFolder, container: { credentials } }: LocalPolicy,
  { folder }: ExecutorHome,
): readonly OwnPath[] {
  const uses = ['read', 'write'] as const;
  return [
    { path: asResolved(folder), uses },
    { path: asResolved(pluginFolder), uses: ['write'] },
    ...(credentials === undefined ? [] : [{ path: asResolved(credentials), uses }]),
  ];
}

/** What is not there yet is kept by the name that it will have. */
function asResolved(path: string): string {
  const resolved = resolveHostPath(path);
  return resolved.ok ? resolved.value : path;
}
