/**
 * What a client of OpenAI's embeddings may send, and what it is answered.
 *
 * @module
 */

import * as z from 'zod';
import type { EmbeddedTexts } from '../embed-texts.ts';

/** Texts of one request, and characters of one and of all of them. */
const EMBEDDING_LIMITS = { texts: 2_048, text: 131_072, all: 524_288 } as const;

const text = z.string().min(1).max(EMBEDDING_LIMITS.text);

const texts = z
  .union([text, z.array(text).min(1).max(EMBEDDING_LIMITS.texts)], {
    error: 'must be a text or a list of texts, none of them empty; tokens are not taken',
  })
  .refine(
    (input) => toTexts(input).reduce((sum, { length }) => sum + length, 0) <= EMBEDDING_LIMITS.all,
    `must have at most ${EMBEDDING_LIMITS.all} characters in all`,
  );

export const embeddingBody = z.strictObject({
  model: z.string().max(200),
  input: texts,
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.number().int().min(1).nullish(),
  user: z.string().max(512).nullish(),
});

type EmbeddingBody = z.infer<typeof embeddingBody>;

export function toTexts(input: string | readonly string[]): readonly string[] {
  return typeof input === 'string' ? [input] : input;
}

export function toEmbeddingList(
  { vectors, usage, model }: EmbeddedTexts,
  format: EmbeddingBody['encoding_format'],
): z.infer<typeof embeddingList> {
  const write = format === 'base64' ? toBase64 : (vector: readonly number[]) => vector;
  const data = vectors.map((vector, index) => ({
    object: 'embedding' as const,
    index,
    embedding: write(vector),
  }));
  const { inputTokens } = usage;
  const counted = { prompt_tokens: inputTokens, total_tokens: inputTokens };
  return { object: 'list', data, model, usage: counted };
}

export const embeddingList = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      object: z.literal('embedding'),
      index: z.number(),
      /** Text where `base64` was asked for: little-endian 32-bit floats. */
      embedding: z.union([z.array(z.number()).readonly(), z.string()]),
    }),
  ),
  model: z.string(),
  usage: z.object({ prompt_tokens: z.number(), total_tokens: z.number() }),
});

/** Little-endian 32-bit floats, as the vendor writes them. */
function toBase64(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [place, value] of vector.entries()) view.setFloat32(place * 4, value, true);
  return Buffer.from(view.buffer).toString('base64');
}
