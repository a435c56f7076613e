/**
 * Installs, upgrades, stops and deletes plugins.
 *
 * @module
 */

import type { AuditAction, AuditEvent } from '../../core/audit/audit-event.ts';
import { Fault } from '../../core/errors/fault.ts';
import {
  findGrowth,
  type InstallObjection,
  judgeInstall,
} from '../../core/manifest/judge-install.ts';
import { nextState } from '../../core/manifest/plugin-state.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { sha256Hex } from '../kit/keys.ts';
import { announceRevision } from './announce-revision.ts';
import type { StoredPlugin } from './plugin-store.ts';
import type { Actor, InstallPlugin, PluginDescription, Refusal } from './workspace-api.ts';
import {
  actorEvent,
  raiseRevision,
  record,
  refuseUnrecorded,
  transact,
  type WorkspaceParts,
} from './workspace-parts.ts';

/** Installs a plugin, or a newer version of one. The same again changes nothing. */
export async function installPlugin(
  parts: WorkspaceParts,
  actor: Actor,
  request: InstallPlugin,
): Promise<Result<PluginDescription, Refusal>> {
  parts.workspace.row();
  const refusal = refuseUnrecorded(parts) ?? findCodeProblem(parts, request);
  if (refusal !== undefined) return err(refusal);

  const { plugin } = request;
  const manifest = readManifest(request.manifestText);
  const current = parts.plugins.find(plugin.name);
  const judged = judgeInstall({
    plugin,
    manifest,
    others: othersThan(parts, plugin.name),
    ...(current && { current }),
  });
  if (!judged.ok) return err(refuseInstall(parts, actor, plugin, judged.error));
  if (judged.value === 'same' && current !== undefined) return ok(describePlugin(current));

  const stored: StoredPlugin = {
    plugin: { ...plugin, state: 'running' },
    manifest,
    installedAt: parts.now(),
    installedBy: toPrincipalName(actor.principal),
  };
  transact(parts, () => write(parts, actor, { stored, code: request.code, current }));
  parts.flush();
  await announceRevision(parts);
  const isUpgrade = judged.value === 'upgrade' && current !== undefined;
  const grew = isUpgrade ? { grew: findGrowth(current.plugin, stored.plugin) } : {};
  return ok({ ...describePlugin(stored), ...grew });
}

/** Stops a plugin at once, whatever it is doing; `undefined` if there is none. */
export async function stopPlugin(
  parts: WorkspaceParts,
  actor: Actor,
  name: string,
): Promise<PluginDescription | undefined> {
  const stored = parts.plugins.find(name);
  if (stored === undefined) return undefined;
  const state = nextState(stored.plugin.state, 'stop');
  if (state === undefined) return describePlugin(stored);
  transact(parts, () => {
    parts.plugins.setState(name, state);
    withdraw(parts, actor, { plugin: stored.plugin, action: 'plugin-stopped' });
  });
  parts.flush();
  await announceRevision(parts);
  return describePlugin({ ...stored, plugin: { ...stored.plugin, state } });
}

/** Stops a plugin and forgets it, code and all; whether there was one. */
export async function deletePlugin(
  parts: WorkspaceParts,
  actor: Actor,
  name: string,
): Promise<boolean> {
  const stored = parts.plugins.find(name);
  if (stored === undefined) return false;
  transact(parts, () => {
    parts.plugins.delete(name);
    withdraw(parts, actor, { plugin: stored.plugin, action: 'plugin-deleted' });
    parts.code.sweep((hash) => parts.plugins.usesCode(hash));
  });
  parts.flush();
  await announceRevision(parts);
  return true;
}

/** Part of a transaction: forgets older versions, and their code, that no live turn began with. */
export function releaseDrained(parts: WorkspaceParts): void {
  if (parts.plugins.draining().length === 0) return;
  const oldest = parts.turns.oldestRevision() ?? parts.workspace.row().revision;
  parts.plugins.forgetDrained(oldest);
  parts.code.sweep((hash) => parts.plugins.usesCode(hash));
}

export function describePlugin(stored: StoredPlugin): PluginDescription {
  const { plugin, installedAt, installedBy } = stored;
  const { name, version, codeHash: sha256, state, tier } = plugin;
  return { name, version, sha256, state, tier, installedAt, installedBy };
}

interface Installation {
  readonly stored: StoredPlugin;
  readonly code: InstallPlugin['code'];
  readonly current: StoredPlugin | undefined;
}

/** Part of a transaction. */
function write(parts: WorkspaceParts, actor: Actor, { stored, code, current }: Installation): void {
  const { plugin } = stored;
  const sinceRevision = raiseRevision(parts);
  if (current !== undefined && nextState(current.plugin.state, 'supersede') === 'draining') {
    const { name, version, codeHash } = current.plugin;
    parts.plugins.drain({ name, version, codeHash, sinceRevision });
  }
  parts.plugins.put(stored);
  if (code !== undefined) parts.code.put(plugin.codeHash, code);
  releaseDrained(parts);
  record(parts, pluginEvent(parts, actor, { plugin, action: 'plugin-installed' }));
}

interface Occurrence {
  readonly plugin: RegisteredPlugin;
  readonly action: AuditAction;
}

/** Part of a transaction: no version of the plugin serves any more. */
function withdraw(parts: WorkspaceParts, actor: Actor, occurrence: Occurrence): void {
  parts.plugins.forgetDraining(occurrence.plugin.name);
  raiseRevision(parts);
  record(parts, pluginEvent(parts, actor, occurrence));
}

function pluginEvent(
  parts: WorkspaceParts,
  actor: Actor,
  { plugin, action }: Occurrence,
): AuditEvent {
  const { name, version, codeHash } = plugin;
  const { revision } = parts.workspace.row();
  return actorEvent(parts, actor, {
    action,
    plugin: name,
    pluginVersion: version,
    codeHash,
    revision,
  });
}

function othersThan(parts: WorkspaceParts, name: string): RegisteredPlugin[] {
  return parts.plugins
    .all()
    .map(({ plugin }) => plugin)
    .filter((plugin) => plugin.name !== name && plugin.state === 'running');
}

/** Puts a refusal on the record, and says why. */
function refuseInstall(
  parts: WorkspaceParts,
  actor: Actor,
  plugin: RegisteredPlugin,
  objections: readonly InstallObjection[],
): Refusal {
  const event = pluginEvent(parts, actor, { plugin, action: 'plugin-refused' });
  const [first] = objections;
  const reason = first === undefined ? {} : { reason: first.reason };
  transact(parts, () => record(parts, { ...event, decision: 'denied', ...reason }));
  parts.flush();
  return {
    code: 'conflict',
    detail: 'Cannot install the plugin beside what the workspace has',
    errors: objections.map(({ pointer, detail }) => ({ pointer, detail })),
  };
}

/** Content is addressed by its hash, so the hash must be true, and mean one hardened module. */
function findCodeProblem(
  parts: WorkspaceParts,
  { plugin, code }: InstallPlugin,
): Refusal | undefined {
  if (code === undefined) {
    if (plugin.tier !== 'wasm') return undefined;
    return { code: 'invalid_body', detail: 'Cannot install the plugin: its module must be sent' };
  }
  if (sha256Hex(code.original) !== plugin.codeHash) {
    return {
      code: 'invalid_body',
      detail: 'Cannot install the plugin: its hash must be that of its module',
    };
  }
  const known = parts.code.hardened(plugin.codeHash);
  const isOther =
    known?.hardeningVersion === code.hardeningVersion &&
    sha256Hex(known.hardened) !== sha256Hex(code.hardened) &&
    othersThan(parts, plugin.name).some(({ codeHash }) => codeHash === plugin.codeHash);
  if (!isOther) return undefined;
  const detail = 'Cannot install the plugin: another one runs this module within other limits';
  return { code: 'conflict', detail };
}

function readManifest(text: string): JsonObject {
  const manifest: JsonValue = JSON.parse(text);
  if (!isJsonObject(manifest))
    throw new Fault('internal', 'Cannot read manifest: it must be an object');
  return manifest;
}
