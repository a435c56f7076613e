/**
 * What an outside consumer of a block is given, and on which terms it is sent to him.
 *
 * @module
 */

import type { BlockActor, ReceivedMessage } from './block-api.ts';

/** Of one WebSocket. */
export interface SocketTerms {
  /** Most messages that it holds without having acknowledged them. */
  readonly window: number;
  /** For how long each of them is its own, in milliseconds. */
  readonly leaseMs: number;
}

/** Header of the request by which the gateway asks a block for a WebSocket: who, as JSON. */
export const SOCKET_HEADER = 'Sallyport-Socket';

export interface SocketRequest {
  readonly actor: BlockActor;
  readonly terms: SocketTerms;
}

/** As JSON says it: bodies are JSON themselves, bytes are base64. */
export function toReceivedJson<T extends Pick<ReceivedMessage, 'body'>>({ body, ...message }: T) {
  if (typeof body === 'string') return { ...message, body: JSON.parse(body) as unknown };
  return { ...message, bytes: Buffer.from(body).toString('base64') };
}
