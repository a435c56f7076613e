/** Plugins in JavaScript for journeys and attacks. */

import type { Answer } from './api.ts';
import type { Gateway } from './gateway.ts';

/** One tool of the plugin's name, run by the export `run`. */
export const scriptManifest = (name: string, changes: object = {}) => ({
  name,
  version: '1.0.0',
  kind: 'tool',
  tier: 'wasm',
  license: 'MIT',
  capabilities: [],
  wasm: { language: 'javascript' },
  tools: [
    {
      name,
      description: 'Does what it does.',
      inputSchema: { type: 'object', properties: {} },
      entry: 'run',
    },
  ],
  ...changes,
});

export async function uploadScript(
  gateway: Gateway,
  manifest: object,
  source: string | Uint8Array,
): Promise<Pick<Answer, 'status' | 'body'>> {
  const form = new FormData();
  form.set('manifest', JSON.stringify(manifest));
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source;
  form.set('module', new Blob([new Uint8Array(bytes)]), 'plugin.js');
  return upload(gateway, form);
}

/** A plugin that is all in its manifest; `acceptGrowth` is the digest of what it wants more. */
export function uploadManifest(
  gateway: Gateway,
  manifest: object,
  acceptGrowth?: string,
): Promise<Pick<Answer, 'status' | 'body'>> {
  const form = new FormData();
  form.set('manifest', JSON.stringify(manifest));
  if (acceptGrowth !== undefined) form.set('acceptGrowth', acceptGrowth);
  return upload(gateway, form);
}

async function upload(gateway: Gateway, form: FormData): Promise<Pick<Answer, 'status' | 'body'>> {
  const response = await fetch(`${gateway.url}/v1/plugins`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${gateway.token}` },
    body: form,
  });
  return { status: response.status, body: await response.json() };
}

export function installScript(gateway: Gateway, name: string, source: string, changes?: object) {
  return uploadScript(gateway, scriptManifest(name, changes), source);
}
