// Installs the example plugins through the front door: `POST /v1/plugins`, like anybody's.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An operator who put a newer version there, took the example away, or let it do less has the last word. */
const LEFT_ALONE = ['conflict', 'code_quarantined', 'growth_refused'];

/** A plugin that runs on a machine has no module: what it is made of stays there. */
const MODULES = ['plugin.js', 'plugin.wasm'];

/** Answers which it has left as they are, and with which code the gateway wanted it so. */
export async function installExamples(url, token, plugins = 'build/plugins') {
  const kept = [];
  for (const name of readdirSync(plugins)) {
    const code = await installOne(url, token, join(plugins, name));
    if (code !== undefined) kept.push(`${name} (${code})`);
  }
  return kept;
}

async function installOne(url, token, folder) {
  const form = new FormData();
  form.set('manifest', new Blob([readFileSync(join(folder, 'plugin.json'))]), 'plugin.json');
  const module = MODULES.find((name) => existsSync(join(folder, name)));
  if (module) form.set('module', new Blob([readFileSync(join(folder, module))]), module);
  const response = await fetch(`${url}/v1/plugins`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: form,
  });
  if (response.ok) return undefined;
  const { code, detail } = await response.json().catch(() => ({}));
  if (LEFT_ALONE.includes(code)) return code;
  throw new Error(
    `Cannot install the example ${folder}: ${code ?? response.status} ${detail ?? ''}`,
  );
}
