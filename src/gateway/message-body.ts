/**
 * Messages as requests write them, and as blocks take them.
 *
 * @module
 */

import * as z from 'zod';
import { randomHex } from '../blocks/kit/keys.ts';
import type { OutsideMessage } from '../blocks/user/block-api.ts';
import { type BlockBody, bodyBytes, MAX_BODY_BYTES } from '../core/blocks/block-body.ts';
import type { Envelope } from '../core/blocks/block-signal.ts';
import { PRINCIPAL_LABEL } from '../core/policy/labels.ts';
import { blockActorOf } from './open-block.ts';
import { Refusal } from './refusal.ts';
import type { RouteRequest } from './route.ts';

/** Longest body as base64. */
const MAX_BASE64_CHARS = 4 * Math.ceil(MAX_BODY_BYTES / 3);

/** Room for the longest body, and for what is written around it. */
export const MAX_MESSAGE_REQUEST_BYTES = MAX_BASE64_CHARS + 65_536;

/** JSON, or bytes as base64. */
export const bodySchema = {
  body: z.json().optional(),
  bytes: z.base64().max(MAX_BASE64_CHARS).optional(),
};

export const messageSchema = z.strictObject({
  ...bodySchema,
  messageId: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible characters')
    .optional(),
});

type Fields = z.infer<typeof messageSchema>;

export function toBlockBody({ body, bytes }: Pick<Fields, 'body' | 'bytes'>): BlockBody {
  if ((body === undefined) === (bytes === undefined)) {
    throw new Refusal('invalid_body', {
      detail: 'Cannot read the message: it must have either "body" or "bytes"',
    });
  }
  const read = bytes === undefined ? JSON.stringify(body) : Buffer.from(bytes, 'base64');
  requireBodySize(read);
  return read;
}

/** As it is stored: numbers may be longer than they were written. */
export function requireBodySize(body: BlockBody): void {
  if (bodyBytes(body) <= MAX_BODY_BYTES) return;
  throw new Refusal('payload_too_large', {
    detail: `Cannot take the body: it must have at most ${MAX_BODY_BYTES} bytes`,
  });
}

/** From the block that the request acts as. */
export function toEnvelope(
  { requestId }: RouteRequest<unknown, unknown>,
  { messageId, ...body }: Fields,
): Envelope {
  return {
    ...(messageId === undefined
      ? { messageId: `msg_${randomHex(16)}` }
      : { messageId, hasOwnId: true }),
    body: toBlockBody(body),
    label: PRINCIPAL_LABEL,
    traceId: requestId,
  };
}

/** From whoever asks. */
export function toOutside(
  request: RouteRequest<unknown, unknown>,
  { messageId, ...body }: Fields,
): OutsideMessage {
  return {
    from: blockActorOf(request),
    body: toBlockBody(body),
    label: PRINCIPAL_LABEL,
    ...(messageId !== undefined && { messageId }),
  };
}
