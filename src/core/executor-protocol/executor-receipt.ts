/**
 * What an executor says of a call that it has run, or would not run: signed, so that it can be held
 * to it, and made of hashes and numbers, so that it can be kept.
 *
 * A receipt is a claim of the executor. The gateway believes of it what it can check: who signed
 * it, for which ticket, and that the hashes are those of what it sent and got.
 *
 * @module
 */

import * as z from 'zod';
import { CHECK_REASONS } from '../errors/reasons.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import { parseJson } from '../primitives/parse-json.ts';

/** Longest receipt that is read, in bytes. */
export const MAX_RECEIPT_BYTES = 65_536;

/** Most hosts that a receipt names; `hostsLeftOut` counts the others. */
export const MAX_RECEIPT_HOSTS = 64;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

const receiptSchema = z.strictObject({
  node: z.string().max(64),
  callKey: z.string().max(128),
  /** Of the ticket as text. */
  ticketHash: hash,
  codeHash: hash,
  argumentHash: hash,
  /** Of the output as UTF-8; of nothing where a call failed. */
  outputHash: hash,
  outcome: z.enum(['ok', ...CHECK_REASONS.dispatch]),
  /** Absent where nothing was started. */
  exitCode: z.int().exactOptional(),
  signal: z
    .string()
    .regex(/^SIG[A-Z0-9]{1,16}$/)
    .exactOptional(),
  durationMs: z.number().min(0),
  cpuMs: z.number().min(0).exactOptional(),
  peakMemoryBytes: count.exactOptional(),
  outputBytes: count,
  /** Whether more was written than is kept. */
  truncated: z.boolean(),
  hosts: z
    .array(
      z.strictObject({
        host: z.string().max(253),
        port: z.int().min(1).max(65_535),
        connections: count,
        sentBytes: count,
        receivedBytes: count,
      }),
    )
    .max(MAX_RECEIPT_HOSTS),
  hostsLeftOut: count,
  /** Connections that the proxy refused. */
  refusedConnections: count,
});

export type ExecutorReceipt = z.infer<typeof receiptSchema>;

/** The one spelling of a receipt: what is sent, hashed and signed, after {@link RECEIPT_CONTEXT}. */
export function receiptText(receipt: ExecutorReceipt): string {
  return canonicalJson(receipt);
}

/** Stands before the text that is signed, so that no signature passes for one of another kind. */
export const RECEIPT_CONTEXT = 'sallyport executor receipt v1\n';

export function parseReceipt(text: string): ExecutorReceipt | undefined {
  const json = parseJson(text, { maxBytes: MAX_RECEIPT_BYTES, maxDepth: 8 });
  if (!json.ok) return undefined;
  const read = receiptSchema.safeParse(json.value);
  return read.success ? read.data : undefined;
}
