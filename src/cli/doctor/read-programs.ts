/**
 * The programs of this machine that sandboxes are made with.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import type { MachineFacts, ProgramFacts } from '../../core/security-audit/machine-facts.ts';
import { openProcessTier } from '../../executor/open-tiers.ts';

/** Name, as people know it, and how it is asked for its version. */
const PROGRAMS = [
  ['bubblewrap', 'bwrap'],
  ['runc', 'runc'],
  ['crun', 'crun'],
  ['podman', 'podman'],
] as const;

const TIMEOUT_MS = 5_000;

export async function readPrograms(): Promise<Pick<MachineFacts, 'programs' | 'sandboxProblem'>> {
  const tier = await openProcessTier();
  return {
    programs: PROGRAMS.map(([name, command]) => readVersion(name, command)),
    ...(!tier.ok && { sandboxProblem: tier.error.message }),
  };
}

function readVersion(name: string, command: string): ProgramFacts {
  const asked = spawnSync(command, ['--version'], { encoding: 'utf8', timeout: TIMEOUT_MS });
  const [, text] = /(\d+\.\d+(?:\.\d+)?)/.exec(asked.stdout ?? '') ?? [];
  if (asked.status !== 0 || text === undefined) return { name };
  return { name, version: /^\d+\.\d+$/.test(text) ? `${text}.0` : text };
}
