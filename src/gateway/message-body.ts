/**
 * Messages as requests write them, and as blocks take them.
 *
 * @module
 */

import * as z from 'zod';
import { randomHex } from '../blocks/kit/keys.ts';
import type { OutsideMessage } from '../blocks/user/block-api.ts';
import type { BlockBody } from '../core/blocks/block-body.ts';
import type { Envelope } from '../core/blocks/block-signal.ts';
import { PRINCIPAL_LABEL } from '../core/policy/labels.ts';
import { blockActorOf } from './open-block.ts';
import { Refusal } from './refusal.ts';
import type { RouteRequest } from './route.ts';

/** JSON, or bytes as base64. */
export const bodySchema = {
  body: z.json().optional(),
  bytes: z.base64().max(1_400_000).optional(),
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
  return bytes === undefined ? JSON.stringify(body) : Buffer.from(bytes, 'base64');
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
