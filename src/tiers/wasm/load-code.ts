/**
 * Gets a plugin's code from its workspace in the form that runs.
 *
 * Code that was hardened by older rules is hardened anew from what was uploaded, once, and kept.
 * What newer rules refuse does not run any more, and its plugin is told to have failed.
 *
 * @module
 */

import type { WorkspaceClient } from '../../blocks/workspace/workspace-client.ts';
import { hardenUpload } from '../../plugin-review/harden-upload.ts';
import { isScript } from '../../plugin-review/script-facts.ts';
import { HARDENING_VERSION } from '../../wasm-hardening/harden.ts';
import type { PluginCodeName } from './plugin-runner.ts';

export type CodeHolder = Pick<WorkspaceClient, 'code' | 'keepHardened' | 'failCode'>;

/** `undefined` if the workspace has no such code, or if it may not run. */
export async function loadCode(
  workspace: CodeHolder,
  { codeHash, memoryPages }: Pick<PluginCodeName, 'codeHash' | 'memoryPages'>,
): Promise<Uint8Array | undefined> {
  const form = { memoryPages, hardeningVersion: HARDENING_VERSION };
  const stored = await workspace.code(codeHash, form);
  if (stored?.kind !== 'original') return stored?.hardened;
  // A script is bounded by the engine that runs it.
  if (isScript(stored.original)) return stored.original;
  const anew = hardenUpload(stored.original, { memoryPages }, WebAssembly.validate);
  if (!anew.ok) {
    await workspace.failCode(codeHash, anew.error.problem.detail);
    return undefined;
  }
  const hardened = anew.value.module.bytes;
  await workspace.keepHardened(codeHash, { ...form, hardened });
  return hardened;
}
