/**
 * The settings of plugins: given by operators, kept through upgrades, part of the authority.
 *
 * @module
 */

import { findSettingProblems } from '../../core/manifest/plugin-settings.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import { signInSettings } from '../../core/manifest/sign-in-settings.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { sha256Hex } from '../kit/keys.ts';
import { announceRevision } from './announce-revision.ts';
import { describePlugin } from './describe-plugin.ts';
import { pluginEvent } from './plugin-events.ts';
import type { StoredPlugin } from './plugin-store.ts';
import type { Actor, PluginDescription, Refusal } from './workspace-api.ts';
import {
  raiseRevision,
  record,
  refuseUnrecorded,
  transact,
  type WorkspaceParts,
} from './workspace-parts.ts';

export interface Settings {
  readonly name: string;
  readonly values: JsonObject;
}

/**
 * Replaces all settings of a plugin; `undefined` if there is none. Turns under way keep those that
 * they began with.
 */
export async function configurePlugin(
  parts: WorkspaceParts,
  actor: Actor,
  { name, values }: Settings,
): Promise<Result<PluginDescription, Refusal> | undefined> {
  const stored = parts.plugins.find(name);
  if (stored === undefined) return undefined;
  const refusal = refuseUnrecorded(parts) ?? refuseSettings(stored.manifest, values);
  if (refusal !== undefined) return err(refusal);
  const { config: _, ...plugin } = stored.plugin;
  transact(parts, () => {
    raiseRevision(parts);
    parts.plugins.put({ ...stored, plugin: { ...plugin, ...toConfig(values) } });
    record(parts, pluginEvent(parts, actor, { plugin, action: 'plugin-configured' }));
  });
  parts.flush();
  await announceRevision(parts);
  const described = describePlugin(parts, name);
  return described && ok({ ...described, config: values });
}

/** Whether a newer version can go on with the settings of the one before. */
export function refuseKeptSettings(
  current: StoredPlugin | undefined,
  manifest: JsonObject,
): Refusal | undefined {
  const problems = findSettingProblems(manifest.config, givenSettings(current)?.values ?? {});
  if (problems.length === 0) return undefined;
  return {
    code: 'conflict',
    detail: 'Cannot install the plugin: the settings that it has must fit; clear them first',
    errors: problems.map(({ pointer, detail }) => ({ pointer: `/config${pointer}`, detail })),
  };
}

/** What of the settings goes on: all or, if they do not fit, nothing. Those of a sign-in follow from the manifest. */
export function keepSettings(
  current: StoredPlugin | undefined,
  manifest: JsonObject,
): Pick<RegisteredPlugin, 'config'> {
  const own = signInSettings(manifest);
  if (own !== undefined) return toConfig(own);
  const config = givenSettings(current);
  const fits = refuseKeptSettings(current, manifest) === undefined;
  return config !== undefined && fits ? { config } : {};
}

/** By an operator. */
function givenSettings(stored: StoredPlugin | undefined): RegisteredPlugin['config'] {
  const follow = stored !== undefined && signInSettings(stored.manifest) !== undefined;
  return follow ? undefined : stored?.plugin.config;
}

function refuseSettings(manifest: JsonObject, values: JsonObject): Refusal | undefined {
  const problems = findSettingProblems(manifest.config, values);
  if (problems.length === 0) return undefined;
  return {
    code: 'invalid_body',
    detail: 'Cannot configure the plugin: its settings must be as its manifest describes',
    errors: problems.map(({ pointer, detail }) => ({ pointer: `/values${pointer}`, detail })),
  };
}

function toConfig(values: JsonObject): Pick<RegisteredPlugin, 'config'> {
  if (Object.keys(values).length === 0) return {};
  return { config: { hash: sha256Hex(canonicalJson(values)), values } };
}
