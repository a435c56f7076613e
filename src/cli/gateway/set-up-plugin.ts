/**
 * Installs a plugin for a test or a verification, with its settings.
 *
 * @module
 */

import type { JsonObject } from '../../core/primitives/json.ts';
import { CommandFailure } from '../command-failure.ts';
import type { PluginFiles } from '../plugin/plugin-files.ts';
import {
  type Answer,
  ask,
  describeRefusal,
  errorsOf,
  type GatewayAddress,
} from './gateway-client.ts';
import { uploadPlugin } from './upload-plugin.ts';

/** @throws CommandFailure: a finding, if the gateway does not let it in or not with these settings. */
export async function setUpPlugin(
  gateway: GatewayAddress,
  plugin: PluginFiles,
  settings: JsonObject | undefined,
): Promise<void> {
  require(await uploadPlugin(gateway, plugin), 'install the plugin');
  if (settings === undefined) return;
  const path = `/v1/plugins/${plugin.manifest.manifest.name}/config`;
  require(await ask(gateway, `PUT ${path}`, { values: settings }), 'set the settings');
}

function require(answer: Answer, action: string): void {
  if (answer.status === 200 || answer.status === 201) return;
  throw CommandFailure.finding(`Cannot ${action}: ${describeRefusal(answer)}`, errorsOf(answer));
}
