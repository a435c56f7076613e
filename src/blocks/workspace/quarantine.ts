/**
 * The kill switch: ends a plugin at once and keeps its name and its code from running again,
 * whoever uploads it, until a person releases it.
 *
 * Only an operator's request reaches this file. A release starts nothing: the plugin is installed
 * anew, through the same review as ever.
 *
 * @module
 */

import { nextState } from '../../core/manifest/plugin-state.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { describePlugin, describeQuarantinedCode } from './describe-plugin.ts';
import { pluginEvent } from './plugin-events.ts';
import { listVersions, settleWithdrawal, withdraw } from './plugins.ts';
import type { Quarantined } from './quarantine-store.ts';
import type { Actor, PluginDescription, ReleasedPlugin } from './workspace-api.ts';
import { raiseRevision, record, transact, type WorkspaceParts } from './workspace-parts.ts';

/** Ends every version, and every other plugin with the same code; `undefined` if there is none. */
export async function quarantinePlugin(
  parts: WorkspaceParts,
  actor: Actor,
  { name, reason }: { readonly name: string; readonly reason?: string },
): Promise<PluginDescription | undefined> {
  const affected = findAffected(parts, name);
  if (affected.length > 0) {
    const at = parts.now();
    const by = toPrincipalName(actor.principal);
    transact(parts, () => {
      for (const plugin of new Set(affected.map((version) => version.name))) {
        withdraw(parts, plugin, 'quarantine', { reason: 'code_quarantined' });
      }
      for (const plugin of affected) {
        const { codeHash, version } = plugin;
        const facts = { codeHash, plugin: plugin.name, version, at, by };
        parts.quarantine.add({ ...facts, ...(reason !== undefined && { reason }) });
        record(parts, pluginEvent(parts, actor, { plugin, action: 'plugin-quarantined' }));
      }
    });
    parts.flush();
  }
  await settleWithdrawal(parts);
  return describePlugin(parts, name);
}

/** Lets the code of a plugin, and its name, be installed again; `undefined` if there is neither. */
export async function releasePlugin(
  parts: WorkspaceParts,
  actor: Actor,
  name: string,
): Promise<ReleasedPlugin | undefined> {
  const released = transact(parts, () => {
    const found = parts.quarantine.release(name);
    if (found.length > 0) raiseRevision(parts);
    for (const { plugin } of parts.plugins.all()) letGo(parts, plugin);
    for (const quarantined of found) {
      const plugin = toIdentity(quarantined);
      record(parts, pluginEvent(parts, actor, { plugin, action: 'plugin-released' }));
    }
    return found;
  });
  parts.flush();
  await settleWithdrawal(parts);
  const plugin = describePlugin(parts, name);
  if (plugin === undefined && released.length === 0) return undefined;
  return { released: released.map(describeQuarantinedCode), ...(plugin && { plugin }) };
}

/** Versions under this name, and whatever else has code of theirs, not in quarantine so far. */
function findAffected(parts: WorkspaceParts, name: string): RegisteredPlugin[] {
  const versions = listVersions(parts).map(({ plugin }) => plugin);
  const hashes = new Set(
    versions.filter((plugin) => plugin.name === name).map(({ codeHash }) => codeHash),
  );
  const quarantined = parts.quarantine.all();
  return versions.filter(
    (plugin) =>
      hashes.has(plugin.codeHash) &&
      !quarantined.some((q) => q.plugin === plugin.name && q.codeHash === plugin.codeHash),
  );
}

/** Part of a transaction. */
function letGo(parts: WorkspaceParts, { name, codeHash, state }: RegisteredPlugin): void {
  const next = nextState(state, 'release');
  if (next === undefined || parts.quarantine.forbids(name, codeHash)) return;
  parts.plugins.setState('current', name, next);
}

function toIdentity({ plugin: name, version, codeHash }: Quarantined) {
  return { name, version, codeHash };
}
