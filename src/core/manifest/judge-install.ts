/**
 * Whether a plugin may be installed beside those that a workspace has.
 *
 * @module
 */

import { findGrant, type Grant } from '../capabilities/grant.ts';
import type { CapabilityPattern } from '../capabilities/pattern.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import type { JsonObject } from '../primitives/json.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { BUILT_IN_TOOLS } from './built-in-tools.ts';
import { type CapabilityGrowth, findGrowth, findNewReach } from './capability-growth.ts';
import type { RegisteredPlugin } from './registered-plugin.ts';
import { compareVersions } from './semver.ts';

/** What a workspace has under one name: the version that serves, or the last one that did. */
export interface InstalledPlugin {
  readonly plugin: RegisteredPlugin;
  readonly manifest: JsonObject;
}

/** Who installs, and what he has said about it. */
export interface Installer {
  /** Those that he holds now, as far as they have not expired at `now`. */
  readonly grants: readonly Grant[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** The digest of the growth that he has seen and accepts. */
  readonly acceptedGrowth?: string;
}

export interface InstallCandidate extends InstalledPlugin {
  readonly current?: InstalledPlugin;
  /** All other plugins that serve. */
  readonly others: readonly RegisteredPlugin[];
  readonly installer: Installer;
  readonly sha256Hex: (text: string) => string;
}

/**
 * `same`: it serves already, and nothing is to be done. `again`: the same, after it was stopped, or
 * now vouched for by a signature.
 */
type InstallKind = 'new' | 'same' | 'again' | 'upgrade';

export interface InstallVerdict {
  readonly kind: InstallKind;
  /** Of an upgrade that grows; accepted by now. */
  readonly growth?: CapabilityGrowth;
}

export interface InstallRefusal {
  readonly objections: readonly InstallObjection[];
  readonly growth?: CapabilityGrowth;
}

interface InstallObjection {
  readonly reason:
    | 'version_not_higher'
    | 'tool_name_taken'
    | 'growth_not_held'
    | 'growth_not_accepted';
  /** Where in the manifest. */
  readonly pointer: string;
  readonly detail: string;
}

/**
 * A version is fixed once it serves: other code or another manifest needs a higher one. What was
 * stopped can come back as it was; to go back to an older version, delete the plugin first.
 *
 * An upgrade that grows needs an installer who holds what it newly reaches for, and who names the
 * digest of exactly this growth. Nothing that the upload holds can stand in for either.
 */
export function judgeInstall(candidate: InstallCandidate): Result<InstallVerdict, InstallRefusal> {
  const kind = compareWithCurrent(candidate);
  const { plugin, current, sha256Hex } = candidate;
  const growth =
    kind === 'upgrade' && current !== undefined
      ? findGrowth(current.plugin, plugin, sha256Hex)
      : undefined;
  const objections = [
    ...(kind === undefined ? [NOT_HIGHER] : []),
    ...findTakenNames(candidate),
    ...(growth === undefined ? [] : judgeGrowth(candidate, growth)),
  ];
  const grown = growth && { growth };
  if (kind === undefined || objections.length > 0) return err({ objections, ...grown });
  return ok({ kind, ...grown });
}

const NOT_HIGHER: InstallObjection = {
  reason: 'version_not_higher',
  pointer: '/version',
  detail: 'must be higher than the installed one, unless code and manifest are identical',
};

function compareWithCurrent({
  plugin,
  manifest,
  current,
}: InstallCandidate): InstallKind | undefined {
  if (current === undefined) return 'new';
  const isSame =
    current.plugin.codeHash === plugin.codeHash &&
    canonicalJson(current.manifest) === canonicalJson(manifest);
  if (!isSame) {
    return compareVersions(plugin.version, current.plugin.version) > 0 ? 'upgrade' : undefined;
  }
  // Who vouches for it is news; that nobody does this time is none.
  const isVouchedAnew =
    plugin.signedBy !== undefined && plugin.signedBy !== current.plugin.signedBy;
  return current.plugin.state === 'running' && !isVouchedAnew ? 'same' : 'again';
}

/** Nobody can stand in for a tool of the gateway, or for a tool, prompt or resource of another plugin. */
function findTakenNames({ plugin, others }: InstallCandidate): readonly InstallObjection[] {
  const builtIn = BUILT_IN_TOOLS.map((name) => `tool ${name}`);
  const taken = new Set([...builtIn, ...others.flatMap(namesOf).map(({ key }) => key)]);
  return namesOf(plugin)
    .filter(({ key }) => taken.has(key))
    .map(({ pointer }) => ({
      reason: 'tool_name_taken',
      pointer,
      detail: 'must differ from those of all other plugins',
    }));
}

interface ServedName {
  readonly key: string;
  readonly pointer: string;
}

function namesOf({ tools, mcp }: RegisteredPlugin): readonly ServedName[] {
  const toName = (kind: string, pointer: string) => (text: string, index: number) => {
    return { key: `${kind} ${text}`, pointer: pointer.replace('*', String(index)) };
  };
  return [
    ...tools.map(({ name }) => name).map(toName('tool', '/tools/*/name')),
    ...(mcp?.prompts ?? []).map(({ name }) => name).map(toName('prompt', '/mcp/prompts/*/name')),
    ...(mcp?.resources ?? []).map(({ uri }) => uri).map(toName('uri', '/mcp/resources/*/uri')),
  ];
}

function judgeGrowth(
  { plugin, installer }: InstallCandidate,
  growth: CapabilityGrowth,
): readonly InstallObjection[] {
  const { grants, now, acceptedGrowth } = installer;
  const isHeld = (pattern: CapabilityPattern) => findGrant(grants, pattern, now) !== undefined;
  const objections = findNewReach(growth, plugin)
    .filter((pattern) => !isHeld(pattern))
    .map((pattern): InstallObjection => {
      const detail = `must hold nothing new that its installer does not hold, as "${pattern}"`;
      return { reason: 'growth_not_held', pointer: '/capabilities', detail };
    });
  if (acceptedGrowth === growth.digest) return objections;
  return [
    ...objections,
    {
      reason: 'growth_not_accepted',
      pointer: '/capabilities',
      detail: `must hold nothing new, unless "acceptGrowth" is "${growth.digest}"`,
    },
  ];
}
