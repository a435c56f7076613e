/**
 * Hands a plugin to a gateway, like anybody's: through the front door.
 *
 * @module
 */

import { type Answer, ask, type GatewayAddress } from './gateway-client.ts';

/** Further parts of the upload, such as a signature. */
export type UploadParts = Readonly<Record<string, string>>;

export interface UploadOptions {
  readonly parts?: UploadParts;
  readonly route?: '/v1/plugins' | '/v1/plugins/review';
}

/** What is uploaded, byte for byte. */
export interface Upload {
  readonly manifestText: string;
  readonly module?: Uint8Array;
}

export async function uploadPlugin(
  gateway: GatewayAddress,
  { manifestText, module }: Upload,
  { parts = {}, route = '/v1/plugins' }: UploadOptions = {},
): Promise<Answer> {
  const form = new FormData();
  form.set('manifest', new Blob([manifestText], { type: 'application/json' }), 'plugin.json');
  if (module !== undefined) {
    form.set('module', new Blob([Uint8Array.from(module)]), 'module');
  }
  for (const [name, text] of Object.entries(parts)) form.set(name, text);
  return ask(gateway, `POST ${route}`, form);
}
