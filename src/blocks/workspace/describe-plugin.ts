/**
 * What is told about a plugin: its current version, and what else there is of it.
 *
 * @module
 */

import { signInOf } from '../../core/manifest/sign-in-settings.ts';
import type { StoredPlugin } from './plugin-store.ts';
import type { Quarantined } from './quarantine-store.ts';
import type {
  PluginDescription,
  PluginVersionDescription,
  QuarantinedCode,
} from './workspace-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

/** A plugin of which no version has ever run is described by the one that could not. */
export function describePlugin(parts: WorkspaceParts, name: string): PluginDescription | undefined {
  const { plugins, quarantine } = parts;
  const candidate = plugins.candidate(name);
  const shown = plugins.find(name) ?? candidate;
  if (shown === undefined) return undefined;
  const { tier, signedBy } = shown.plugin;
  const others = [
    ...(candidate === undefined || candidate === shown ? [] : [candidate]),
    ...plugins.draining().filter(({ plugin }) => plugin.name === name),
  ];
  const [found] = quarantine.ofPlugin(name);
  const section = signInOf(shown.manifest);
  return {
    ...{ name, tier, ...describeVersion(shown) },
    ...(signedBy !== undefined && { signedBy }),
    ...(others.length > 0 && { versions: others.map(describeVersion) }),
    ...(found !== undefined && { quarantine: describeQuarantine(found) }),
    ...(section && {
      signsIn: { holder: section.auth.holder ?? 'principal', server: section.url },
    }),
  };
}

export function describePlugins(parts: WorkspaceParts): PluginDescription[] {
  const { plugins } = parts;
  const names = [...plugins.all(), ...plugins.candidates()].map(({ plugin }) => plugin.name);
  return [...new Set(names)].sort().flatMap((name) => describePlugin(parts, name) ?? []);
}

export function describeQuarantinedCode({
  codeHash,
  plugin,
  ...found
}: Quarantined): QuarantinedCode {
  return { sha256: codeHash, name: plugin, version: found.version, ...describeQuarantine(found) };
}

function describeVersion(stored: StoredPlugin): PluginVersionDescription {
  const { plugin, installedAt, installedBy, problem } = stored;
  const { version, codeHash: sha256, state } = plugin;
  return { version, sha256, state, ...problem, installedAt, installedBy };
}

function describeQuarantine({ at, by, reason }: Pick<Quarantined, 'at' | 'by' | 'reason'>) {
  return { at, by, ...(reason !== undefined && { reason }) };
}
