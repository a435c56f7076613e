/**
 * What a consumer says over its WebSocket: that it is done with messages, and answers to calls.
 *
 * @module
 */

import {
  type CloseWord,
  readSocketFrame,
  type SocketFrame,
} from '../../core/blocks/socket-frame.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { BlockActor } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import type { Calls } from './calls.ts';
import { acknowledgeMessages } from './receive-messages.ts';
import { replyToCall } from './reply-to-call.ts';

export interface Heard {
  readonly actor: BlockActor;
  readonly data: string | ArrayBuffer;
}

/** The frame that answers it, or for which reason the socket is closed. */
export async function hearConsumer(
  parts: BlockParts,
  calls: Calls,
  { actor, data }: Heard,
): Promise<Result<object, CloseWord>> {
  if (typeof data !== 'string') return err('unsupported');
  const frame = readSocketFrame(data);
  if (!frame.ok) return frame;
  return frame.value.kind === 'ack'
    ? acknowledge(parts, actor, frame.value.leases)
    : reply(parts, calls, { actor, frame: frame.value });
}

/** Says whose lease still ran, and whose was over: those come again, or have. */
async function acknowledge(
  parts: BlockParts,
  actor: BlockActor,
  leases: readonly string[],
): Promise<Result<object, CloseWord>> {
  const done = await acknowledgeMessages(parts, actor, leases);
  if (!done.ok) return err('denied');
  const over = leases.filter((lease) => !done.value.includes(lease));
  return ok({ kind: 'acknowledged', leases: done.value, over });
}

type Reply = Extract<SocketFrame, { readonly kind: 'reply' }>;

async function reply(
  parts: BlockParts,
  calls: Calls,
  { actor, frame }: { readonly actor: BlockActor; readonly frame: Reply },
): Promise<Result<object, CloseWord>> {
  const { lease } = frame;
  const body = 'bytes' in frame ? Buffer.from(frame.bytes, 'base64') : JSON.stringify(frame.body);
  const replied = await replyToCall(parts, calls, { actor, lease, body });
  if (replied.ok) return ok({ kind: 'replied', lease });
  const { code, detail } = replied.error;
  return code === 'denied' ? err('denied') : ok({ kind: 'refused', lease, code, detail });
}
