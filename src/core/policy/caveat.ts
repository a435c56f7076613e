/**
 * Caveats: what the holder of a token has taken away from it before handing it on.
 *
 * A caveat can only narrow. Each one holds for itself, so their order means nothing, and one that
 * cannot be read makes the whole token worthless: a reader that skipped it would widen the token.
 * How they are tied to the token is written down in `docs/security/tokens.md`.
 *
 * @module
 */

import * as z from 'zod';
import type { CapabilityPattern } from '../capabilities/pattern.ts';
import { TOOL_NAME } from '../manifest/tool-definition.ts';
import { fromBase64Url } from '../primitives/base64url.ts';
import { parseJson } from '../primitives/parse-json.ts';
import { fromUtf8 } from '../primitives/utf8.ts';
import type { Label } from './labels.ts';
import { allowListSchema } from './pattern-lists.ts';
import { TURN_LIMIT_CEILINGS } from './turn-limits.ts';

/** Most caveats of one token. */
export const MAX_CAVEATS = 16;

/** Longest caveat, in bytes of its JSON. */
const MAX_CAVEAT_BYTES = 3_072;
const MAX_DEPTH = 3;

export type Caveat =
  /** Only what one of these allows; expanded. */
  | { readonly kind: 'grants'; readonly patterns: readonly CapabilityPattern[] }
  /** Only before this instant, in epoch milliseconds. */
  | { readonly kind: 'expiry'; readonly at: number }
  /** Only in this workspace. */
  | { readonly kind: 'workspace'; readonly id: string }
  /** At most so much in each turn. */
  | {
      readonly kind: 'budget';
      readonly maxTokens?: number | undefined;
      readonly maxCostMicroUsd?: number | undefined;
    }
  /** No call that brings more than this into its turn, and none once the turn has heard more. */
  | ({ readonly kind: 'label' } & Label)
  /** Of all tools only this one; nothing of the system, of blocks or of schedules. */
  | { readonly kind: 'tool'; readonly name: string };

const amount = (max: number) => z.int().min(0).max(max).optional();

const budgetSchema = z
  .strictObject({
    kind: z.literal('budget'),
    maxTokens: amount(TURN_LIMIT_CEILINGS.maxTokens),
    maxCostMicroUsd: amount(TURN_LIMIT_CEILINGS.maxCostMicroUsd),
  })
  .refine(
    ({ maxTokens, maxCostMicroUsd }) => maxTokens !== undefined || maxCostMicroUsd !== undefined,
    'must have maxTokens or maxCostMicroUsd',
  );

/** What is read is a {@link Caveat}, its patterns expanded. */
export const caveatSchema = z.union([
  z.strictObject({ kind: z.literal('grants'), patterns: allowListSchema }),
  z.strictObject({ kind: z.literal('expiry'), at: z.int().min(0) }),
  z.strictObject({ kind: z.literal('workspace'), id: z.string().max(63) }),
  budgetSchema,
  z.strictObject({
    kind: z.literal('label'),
    integrity: z.enum(['trusted', 'untrusted']),
    // What a principal says is the workspace's already: "public" would allow no call at all.
    confidentiality: z.enum(['workspace', 'secret']),
  }),
  z.strictObject({ kind: z.literal('tool'), name: z.string().regex(TOOL_NAME) }),
]);

/** A caveat as its holder writes it. */
export type WrittenCaveat = z.input<typeof caveatSchema>;

/** The caveat that one segment of a token's text stands for: base64url of its JSON. */
export function readCaveat(segment: string): Caveat | undefined {
  const bytes = fromBase64Url(segment);
  const text = bytes && fromUtf8(bytes);
  if (text === undefined) return undefined;
  const json = parseJson(text, { maxBytes: MAX_CAVEAT_BYTES, maxDepth: MAX_DEPTH });
  if (!json.ok) return undefined;
  const read = caveatSchema.safeParse(json.value);
  return read.success ? read.data : undefined;
}

/** Whether the caveats let the token be used here and now, whatever for. */
export function admitUse(caveats: readonly Caveat[], workspace: string, now: number): boolean {
  return caveats.every((caveat) => {
    if (caveat.kind === 'expiry') return now < caveat.at;
    return caveat.kind !== 'workspace' || caveat.id === workspace;
  });
}
