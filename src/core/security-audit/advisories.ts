/**
 * Flaws that are publicly known of what a deployment is made of, as far as they were known when this
 * version was made: for `doctor`, which asks nobody. A registry knows more: `npm audit`.
 *
 * @module
 */

import { compareVersions, isVersion } from '../manifest/semver.ts';

/** `package`: of npm; `program`: on the machine; `plugin`: one that came with the gateway. */
export type PartKind = 'package' | 'program' | 'plugin';

export interface Advisory {
  readonly kind: PartKind;
  readonly name: string;
  /** As the advisory is known by its publisher. */
  readonly id: string;
  /** The first that has the flaw; all before `fixedIn` where it is not said. */
  readonly from?: string;
  /** The first that has it no more. */
  readonly fixedIn: string;
  /** Half a sentence. */
  readonly problem: string;
}

const ADVISORIES: readonly Advisory[] = [
  {
    ...{ kind: 'package', name: 'wrangler', id: 'CVE-2026-0933', fixedIn: '4.59.1' },
    problem: 'a commit hash that is handed to "pages deploy" can run commands',
  },
  {
    ...{ kind: 'package', name: 'hono', id: 'CVE-2026-22817', fixedIn: '4.11.4' },
    problem: 'its JWT middleware can be led to another algorithm',
  },
  {
    ...{ kind: 'package', name: 'hono', id: 'CVE-2026-44457', fixedIn: '4.12.18' },
    problem: 'its cache middleware answers one user with what was for another',
  },
  {
    ...{ kind: 'package', name: 'hono', id: 'CVE-2026-47676', fixedIn: '4.12.21' },
    problem: 'a mounted application can be reached by a path that its prefix does not match',
  },
  {
    ...{ kind: 'package', name: 'jose', id: 'CVE-2024-28176', fixedIn: '4.15.5' },
    problem: 'a compressed token can use up memory and time',
  },
  {
    ...{ kind: 'package', name: 'zod', id: 'CVE-2023-4316', fixedIn: '3.22.3' },
    problem: 'an email address can cost quadratic time',
  },
  {
    ...{ kind: 'program', name: 'node', id: 'March 2026 security releases' },
    ...{ from: '22.0.0', fixedIn: '22.22.2' },
    problem: 'requests can end the process',
  },
  {
    ...{ kind: 'program', name: 'node', id: 'March 2026 security releases' },
    ...{ from: '24.0.0', fixedIn: '24.14.1' },
    problem: 'requests can end the process',
  },
  {
    ...{ kind: 'program', name: 'bubblewrap', id: 'CVE-2020-5291', fixedIn: '0.4.1' },
    problem: 'where it is installed setuid, its user can become root',
  },
  {
    ...{ kind: 'program', name: 'runc', id: 'CVE-2024-21626', fixedIn: '1.1.12' },
    problem: 'a container can reach the file system of the host',
  },
  {
    ...{ kind: 'program', name: 'runc', id: 'CVE-2025-31133', from: '1.2.0', fixedIn: '1.2.8' },
    problem: 'a container can write to /proc of the host and leave it',
  },
  {
    ...{ kind: 'program', name: 'runc', id: 'CVE-2025-31133', from: '1.3.0', fixedIn: '1.3.3' },
    problem: 'a container can write to /proc of the host and leave it',
  },
];

/** End of support of each release line of Node.js that this project can run on, as a UTC day. */
export const NODE_ENDS: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  22: '2027-04-30',
  24: '2028-04-30',
  25: '2026-06-01',
};

/** A version that is none has no advisories: whoever asks says so himself. */
export function findAdvisories(
  part: { readonly kind: PartKind; readonly name: string; readonly version: string },
  advisories: readonly Advisory[] = ADVISORIES,
): readonly Advisory[] {
  if (!isVersion(part.version)) return [];
  return advisories.filter(
    ({ kind, name, from = '0.0.0', fixedIn }) =>
      kind === part.kind &&
      name === part.name &&
      compareVersions(part.version, from) >= 0 &&
      compareVersions(part.version, fixedIn) < 0,
  );
}
