/**
 * The JSON that a reducer has answered with: read as strictly as what comes over HTTP, since it becomes
 * state, and messages to others who must all read it alike.
 *
 * @module
 */

import type { JsonValue } from '../../core/primitives/json.ts';
import { type JsonProblem, parseJson } from '../../core/primitives/parse-json.ts';
import type { Result } from '../../core/primitives/result.ts';

const MAX_DEPTH = 64;
/** Of UTF-8, for a UTF-16 code unit: the tier has bounded the answer already. */
const MOST_BYTES = 3;

export function readAnswer(content: string): Result<JsonValue, JsonProblem> {
  return parseJson(content, { maxBytes: content.length * MOST_BYTES, maxDepth: MAX_DEPTH });
}
