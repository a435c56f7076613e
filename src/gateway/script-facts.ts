/**
 * Asks the engine what it makes of an upload in JavaScript, for the review.
 *
 * @module
 */

import { readManifest } from '../plugin-review/read-manifest.ts';
import type { ScriptFacts } from '../plugin-review/script-facts.ts';
import type { Submission } from '../plugin-review/submission.ts';
import { askReviewer } from '../tiers/wasm/javascript/ask-reviewer.ts';
import type { WasmTierBindings } from '../tiers/wasm/wasm-tier-bindings.ts';

/** Nothing for uploads of another kind, and where there is no Worker loader to run an engine. */
export async function readScriptFacts(
  { ASSETS, LOADER }: Pick<WasmTierBindings, 'ASSETS' | 'LOADER'>,
  { manifestText, code }: Submission,
): Promise<ScriptFacts | undefined> {
  const read = readManifest(manifestText);
  if (!read.ok || code === undefined || LOADER === undefined) return undefined;
  const { tools, wasm } = read.value.manifest;
  if (wasm?.language !== 'javascript') return undefined;
  return askReviewer(
    { LOADER, ...(ASSETS && { ASSETS }) },
    { code, entries: tools.map(({ entry }) => entry) },
  );
}
