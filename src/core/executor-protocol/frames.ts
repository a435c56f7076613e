/**
 * What gateway and executor write to each other: JSON texts over one WebSocket, each bounded and
 * read in full before anything in it counts. What cannot be read ends the connection.
 *
 * Every call ends with a `done`, which the executor keeps. After a new connection the gateway asks
 * with `recall` for what it does not know the end of, and an executor that has never taken on that
 * call answers `absent`.
 *
 * @module
 */

import * as z from 'zod';
import { parseJson } from '../primitives/parse-json.ts';
import { MAX_RECEIPT_BYTES } from './executor-receipt.ts';
import { nodeOfferSchema } from './node-offer.ts';
import { MAX_SEALED_CHARS } from './sealed-secrets.ts';

export const PROTOCOL_VERSION = 1;

/** Answered by the platform without waking the node block. */
export const HEARTBEAT = { ask: 'ping', answer: 'pong', everyMs: 15_000 } as const;

/** Longest frame, in bytes: an answer of 1 MiB in which each character had to be escaped. */
export const MAX_FRAME_BYTES = 8_388_608;

/** Longest ticket, in characters: with a ceiling as long as one may be, and as much again. */
export const MAX_TICKET_CHARS = 786_432;

/** Longest arguments, in characters. */
export const MAX_ARGUMENT_CHARS = 1_048_576;

/** Longest line of progress. */
export const MAX_PROGRESS_CHARS = 1_024;

const callKey = z.string().min(1).max(128);
const nonce = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);

const fromExecutor = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('hello'),
    version: z.literal(PROTOCOL_VERSION),
    nonce,
  }),
  z.strictObject({ kind: z.literal('proof'), signature, offer: nodeOfferSchema }),
  z.strictObject({
    kind: z.literal('done'),
    callKey,
    receipt: z.string().max(MAX_RECEIPT_BYTES),
    signature,
    /** Present exactly where the outcome is `ok`. */
    output: z.string().exactOptional(),
  }),
  z.strictObject({ kind: z.literal('absent'), callKey }),
  z.strictObject({
    kind: z.literal('progress'),
    callKey,
    text: z.string().max(MAX_PROGRESS_CHARS),
  }),
  z.strictObject({ kind: z.literal('draining') }),
]);

const fromGateway = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('challenge'), nonce, signature }),
  z.strictObject({ kind: z.literal('welcome') }),
  z.strictObject({
    kind: z.literal('call'),
    callKey,
    ticket: z.string().max(MAX_TICKET_CHARS),
    /** The canonical arguments as canonical JSON. */
    arguments: z.string().max(MAX_ARGUMENT_CHARS),
    /** The plugin's settings as canonical JSON. */
    config: z.string().max(MAX_ARGUMENT_CHARS).exactOptional(),
    /** The secrets that the settings name, sealed for this node under this ticket. */
    secrets: z.string().max(MAX_SEALED_CHARS).exactOptional(),
  }),
  z.strictObject({ kind: z.literal('cancel'), callKey }),
  z.strictObject({ kind: z.literal('recall'), callKey }),
  /** Somebody may do less than before: what is kept from earlier calls ends. */
  z.strictObject({ kind: z.literal('let-go') }),
]);

export type ExecutorFrame = z.infer<typeof fromExecutor>;
export type GatewayFrame = z.infer<typeof fromGateway>;

export function parseExecutorFrame(text: string): ExecutorFrame | undefined {
  return parseFrame(fromExecutor, text);
}

export function parseGatewayFrame(text: string): GatewayFrame | undefined {
  return parseFrame(fromGateway, text);
}

function parseFrame<Frame>(schema: z.ZodType<Frame>, text: string): Frame | undefined {
  const json = parseJson(text, { maxBytes: MAX_FRAME_BYTES, maxDepth: 8 });
  if (!json.ok) return undefined;
  const read = schema.safeParse(json.value);
  return read.success ? read.data : undefined;
}
