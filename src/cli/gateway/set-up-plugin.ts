/**
 * Installs a plugin, with its settings where it is for a test or a verification.
 *
 * @module
 */

import type { JsonObject } from '../../core/primitives/json.ts';
import { CommandFailure } from '../command-failure.ts';
import type { PluginFiles, UploadFiles } from '../plugin/plugin-files.ts';
import {
  type Answer,
  ask,
  describeRefusal,
  errorsOf,
  type GatewayAddress,
} from './gateway-client.ts';
import { readLatestLog } from './read-logs.ts';
import { type UploadParts, uploadPlugin } from './upload-plugin.ts';

/** @throws CommandFailure: a finding, if the gateway does not let it in or not with these settings. */
export async function setUpPlugin(
  gateway: GatewayAddress,
  plugin: PluginFiles,
  settings: JsonObject | undefined,
): Promise<void> {
  await installPlugin(gateway, plugin);
  if (settings === undefined) return;
  const path = `/v1/plugins/${plugin.manifest.manifest.name}/config`;
  const answer = await ask(gateway, `PUT ${path}`, { values: settings });
  if (answer.status !== 200) throw refused('set the settings', answer);
}

/** @throws CommandFailure: a finding, with what the plugin said where it did not start. */
export async function installPlugin(
  gateway: GatewayAddress,
  plugin: UploadFiles,
  parts: UploadParts = {},
): Promise<Answer> {
  const answer = await uploadPlugin(gateway, plugin, { parts });
  if (answer.status === 201) return answer;
  const { name } = plugin.manifest.manifest;
  const wasTriedOut = answer.body.code === 'plugin_failed';
  const { lines } = wasTriedOut ? await readLatestLog(gateway, name) : { lines: [] };
  throw refused('install the plugin', answer, lines);
}

function refused(action: string, answer: Answer, log: readonly string[] = []): CommandFailure {
  const lines = [...errorsOf(answer), ...log];
  return CommandFailure.finding(`Cannot ${action}: ${describeRefusal(answer)}`, lines);
}
