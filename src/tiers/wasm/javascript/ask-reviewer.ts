/**
 * Has a source looked at in an isolate that holds the engine and nobody's plugin.
 *
 * @module
 */

import { MAX_SCRIPT_BYTES, type ScriptFacts } from '../../../plugin-review/script-facts.ts';
import { ISOLATE_OPTIONS } from '../isolate-loader.ts';
import { madeOf, modulesOf } from '../isolate-modules.ts';
import type { WasmTierBindings } from '../wasm-tier-bindings.ts';
import type { ScriptUpload } from './read-script.ts';

const NO_CODE = new Uint8Array();

/** The platform's types know entrypoints of classes only. */
interface RemoteReviewer {
  review(upload: ScriptUpload): Promise<ScriptFacts>;
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Fails closed: what could not be looked at did not compile. */
export async function askReviewer(
  { LOADER, ASSETS }: Required<Pick<WasmTierBindings, 'LOADER'>> & Pick<WasmTierBindings, 'ASSETS'>,
  upload: { readonly code: Uint8Array; readonly entries: readonly string[] },
): Promise<ScriptFacts> {
  if (upload.code.length > MAX_SCRIPT_BYTES) return refused('it is too long');
  const source = decode(upload.code);
  if (source === undefined) return refused('it is no UTF-8 text');
  const { mainModule, modules } = await modulesOf(NO_CODE, ASSETS);
  const worker = LOADER.get(`script-reviewer:${madeOf(NO_CODE)}`, () => ({
    ...ISOLATE_OPTIONS,
    ...{ mainModule, modules },
  }));
  try {
    const reviewer = worker.getEntrypoint('scriptReviewer') as unknown as RemoteReviewer;
    return await reviewer.review({ source, entries: upload.entries });
  } catch {
    return refused('it needs too much to compile');
  }
}

function decode(code: Uint8Array): string | undefined {
  try {
    return DECODER.decode(code);
  } catch {
    return undefined;
  }
}

function refused(message: string): ScriptFacts {
  return { problem: { message }, imports: [], missing: [] };
}
