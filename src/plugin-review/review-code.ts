/**
 * Reviews the code of a plugin, by the language that it is uploaded in.
 *
 * @module
 */

import { pointerError } from '../core/errors/pointer-errors.ts';
import { type Finding, refuse } from './finding.ts';
import { reviewScript } from './review-script.ts';
import { type CodeQuestion, type CodeReview, reviewWasm } from './review-wasm.ts';

/** `undefined`: nothing was sent. */
export function reviewCode(code: Uint8Array | undefined, question: CodeQuestion): CodeReview {
  const { tier, wasm } = question.manifest;
  if (tier !== 'wasm') return { findings: describeUnexpected(code) };
  if (code !== undefined) {
    const isScript = wasm?.language === 'javascript';
    return isScript ? reviewScript(code, question) : reviewWasm(code, question);
  }
  const must = 'must be sent as a file, since the wasm tier needs it';
  return { findings: [refuse('code_missing', pointerError(['module'], must))] };
}

/** The code of other tiers is named by the manifest, and lives elsewhere. */
function describeUnexpected(code: Uint8Array | undefined): readonly Finding[] {
  if (code === undefined) return [];
  const must = 'must be absent, since only the wasm tier takes a module';
  return [refuse('code_unexpected', pointerError(['module'], must))];
}
