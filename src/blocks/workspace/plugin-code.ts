/**
 * Hands code to the lane, and takes back what the lane has made of it.
 *
 * @module
 */

import type { CodeForm, HardenedForm, StoredCode } from './lane-api.ts';
import { transact, type WorkspaceParts } from './workspace-parts.ts';

export function readCode(
  parts: WorkspaceParts,
  codeHash: string,
  form: CodeForm,
): StoredCode | undefined {
  const hardened = parts.code.hardened(codeHash, form);
  if (hardened !== undefined) return { kind: 'hardened', hardened };
  const original = parts.code.original(codeHash);
  return original && { kind: 'original', original };
}

/** Unless the code was deleted while it was hardened. */
export function keepHardened(parts: WorkspaceParts, codeHash: string, form: HardenedForm): void {
  transact(parts, () => {
    if (parts.code.original(codeHash) !== undefined) parts.code.putForm(codeHash, form);
  });
}
