/**
 * Whether a plugin may be installed beside those that a workspace has.
 *
 * @module
 */

import { findCovering } from '../capabilities/capability-set.ts';
import type { CapabilityPattern } from '../capabilities/pattern.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import type { JsonObject } from '../primitives/json.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import type { RegisteredPlugin } from './registered-plugin.ts';
import { compareVersions } from './semver.ts';

/** What a workspace has under one name: the version that serves, or the last one that did. */
export interface InstalledPlugin {
  readonly plugin: RegisteredPlugin;
  readonly manifest: JsonObject;
}

export interface InstallCandidate extends InstalledPlugin {
  readonly current?: InstalledPlugin;
  /** All other plugins that serve. */
  readonly others: readonly RegisteredPlugin[];
}

/** `same`: it serves already, and nothing is to be done. `again`: the same, after it was stopped. */
export type InstallKind = 'new' | 'same' | 'again' | 'upgrade';

export interface InstallObjection {
  readonly reason: 'version_not_higher' | 'tool_name_taken';
  /** Where in the manifest. */
  readonly pointer: string;
  readonly detail: string;
}

/**
 * A version is fixed once it serves: other code or another manifest needs a higher one. What was
 * stopped can come back as it was; to go back to an older version, delete the plugin first.
 */
export function judgeInstall(
  candidate: InstallCandidate,
): Result<InstallKind, readonly InstallObjection[]> {
  const { plugin, others } = candidate;
  const kind = compareWithCurrent(candidate);
  const taken = new Set(others.flatMap(({ tools }) => tools.map(({ name }) => name)));
  const objections: InstallObjection[] = plugin.tools.flatMap(({ name }, index) =>
    taken.has(name)
      ? [
          {
            reason: 'tool_name_taken',
            pointer: `/tools/${index}/name`,
            detail: 'must differ from the names of the tools of all other plugins',
          },
        ]
      : [],
  );
  if (kind === undefined) {
    objections.unshift({
      reason: 'version_not_higher',
      pointer: '/version',
      detail: 'must be higher than the installed one, unless code and manifest are identical',
    });
  }
  return kind === undefined || objections.length > 0 ? err(objections) : ok(kind);
}

/** What the newer version asks for and the older one did not, for whoever reviews an upgrade. */
export function findGrowth(
  before: RegisteredPlugin,
  after: RegisteredPlugin,
): readonly CapabilityPattern[] {
  return after.allow.filter((pattern) => findCovering(before.allow, pattern) === undefined);
}

function compareWithCurrent({
  plugin,
  manifest,
  current,
}: InstallCandidate): InstallKind | undefined {
  if (current === undefined) return 'new';
  const isSame =
    current.plugin.codeHash === plugin.codeHash &&
    canonicalJson(current.manifest) === canonicalJson(manifest);
  if (isSame) return current.plugin.state === 'running' ? 'same' : 'again';
  return compareVersions(plugin.version, current.plugin.version) > 0 ? 'upgrade' : undefined;
}
