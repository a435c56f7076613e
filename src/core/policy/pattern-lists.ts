/**
 * Lists of patterns as people write them in JSON, admitted and expanded while they are read.
 *
 * @module
 */

import * as z from 'zod';
import {
  type Expansion,
  type ExpansionProblem,
  expandDenies,
  expandGrants,
} from '../capabilities/expand.ts';
import { findForbidden } from '../capabilities/holder.ts';
import { MAX_PATTERN_LENGTH } from '../capabilities/notation.ts';
import { type CapabilityPattern, parsePattern } from '../capabilities/pattern.ts';

/** Most patterns in one list, also after expansion: what was read can be written again. */
export const MAX_LISTED_PATTERNS = 256;

/** What comes out is written as what goes in is, which no converter to JSON Schema can know. */
const AS_TEXTS = {
  type: 'array',
  maxItems: MAX_LISTED_PATTERNS,
  items: { type: 'string', maxLength: MAX_PATTERN_LENGTH },
};

/** A list that allows: bare names are expanded to themselves and all their resources. */
export const allowListSchema = listSchema(expandGrants);

/** A list that allows, of a plugin: some capabilities are never a plugin's. */
export const pluginListSchema = listSchema((texts) => {
  const expansion = expandGrants(texts);
  return { ...expansion, problems: [...expansion.problems, ...findForbiddenEntries(texts)] };
});

/** A list that denies: whatever begins a capability denies all that begins so. */
export const denyListSchema = listSchema(expandDenies);

/** Each entry is judged by itself, so that one of a wrong type hides nothing of the others. */
function listSchema(
  expand: (texts: readonly string[]) => Expansion,
): z.ZodType<readonly CapabilityPattern[], readonly string[]> {
  const entry = z
    .string()
    .max(MAX_PATTERN_LENGTH)
    .superRefine((text, context) => {
      for (const { message } of expand([text]).problems) {
        context.addIssue({ code: 'custom', message });
      }
    });
  return z
    .array(entry)
    .max(MAX_LISTED_PATTERNS)
    .transform((texts, context) => {
      const { patterns } = expand(texts);
      if (patterns.length > MAX_LISTED_PATTERNS) {
        const message = `must have at most ${MAX_LISTED_PATTERNS} patterns once bare names are expanded`;
        context.addIssue({ code: 'custom', path: [], message });
      }
      return patterns;
    })
    .meta(AS_TEXTS);
}

function findForbiddenEntries(texts: readonly string[]): readonly ExpansionProblem[] {
  return texts.flatMap((text, index) => {
    const pattern = parsePattern(text);
    if (!pattern.ok) return [];
    return findForbidden('plugin', pattern.value).map((name) => ({
      code: 'forbidden_capability' as const,
      index,
      message: `must not take in "${name}", which no plugin may hold`,
    }));
  });
}
