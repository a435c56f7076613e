/**
 * Erases what deleted plugins have stored.
 *
 * That it must be done is committed with the deletion; it is done at once where possible, and by a
 * timer until it is. A plugin of the same name is not installed before: it may be somebody else's.
 *
 * @module
 */

import type { Erasure } from './erasure-store.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

/** When an erasure that did not succeed at once is tried again, in milliseconds. */
const RETRY_MS = 2_000;

/** Part of the transaction that deletes the plugin, after it has begun its revision. */
export function orderErasure(parts: WorkspaceParts, plugin: string): void {
  parts.erasures.add({ plugin, revision: parts.workspace.row().revision });
  parts.timers.set('erase', parts.now() + RETRY_MS);
}

/** After the transaction. Never rejects: the timer goes on with what is left. */
export async function eraseSoon(parts: WorkspaceParts): Promise<void> {
  await erasePending(parts).catch(() => {});
}

/** The `erase` timer: throws while anything is left, so that it is tried again. */
export async function erasePending(parts: WorkspaceParts): Promise<void> {
  for (const erasure of parts.erasures.pending()) await erase(parts, erasure);
  if (parts.erasures.pending().length === 0) parts.timers.clear('erase');
}

/** Before a plugin is installed: nothing that another one has left may be there. */
export async function requireErased(parts: WorkspaceParts, plugin: string): Promise<void> {
  const left = parts.erasures.pending().find((erasure) => erasure.plugin === plugin);
  if (left !== undefined) await erase(parts, left);
}

async function erase(parts: WorkspaceParts, erasure: Erasure): Promise<void> {
  await parts.eraseStorage(erasure.plugin, erasure.revision);
  parts.erasures.done(erasure);
}
