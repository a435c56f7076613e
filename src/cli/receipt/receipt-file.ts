/**
 * A receipt as somebody hands it in: by itself, or with the answer that it came with.
 *
 * @module
 */

import * as z from 'zod';
import type { Receipt } from '../../core/conversation/tool-result.ts';
import { readShape } from '../../core/errors/pointer-errors.ts';
import { isJsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { CommandFailure } from '../command-failure.ts';
import { readJson } from '../read-file.ts';

/** An answer of a tool can stand around it. */
const MAX_RECEIPT_BYTES = 16_777_216;

export interface ClaimedReceipt {
  readonly receipt: Receipt;
  /** The answer beside it, as the caller saw it. */
  readonly result?: string;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex');

/** Strict: a member that nobody compares would be one that anybody can forge. */
const receiptSchema: z.ZodType<Receipt> = z.strictObject({
  codeHash: hash,
  argumentHash: hash,
  outputHash: hash,
  revision: z.int().min(0),
  fuel: z.int().min(0).exactOptional(),
  hardeningVersion: z.int().min(0).exactOptional(),
  engine: z.string().max(256).exactOptional(),
  configHash: hash.exactOptional(),
});

/** @throws CommandFailure: a finding, if what is there is no receipt. */
export function readReceiptFile(path: string): ClaimedReceipt {
  const json = readJson(path, MAX_RECEIPT_BYTES);
  if (isJsonObject(json) && json.code === 'denied')
    throw CommandFailure.finding(
      'Cannot verify the receipt: the call was denied, and only one that ended well has a receipt',
    );
  const claimed = readClaim(json);
  return { ...claimed, receipt: parseReceipt(claimed.receipt) };
}

export function parseReceipt(json: JsonValue): Receipt {
  const read = readShape(receiptSchema, json);
  if (read.ok) return read.value;
  throw CommandFailure.finding(
    'Cannot verify the receipt: it must be as gateways write them',
    read.error.map(({ pointer, detail }) => `${pointer || 'it'} ${detail}`),
  );
}

function readClaim(json: JsonValue): { readonly receipt: JsonValue; readonly result?: string } {
  if (!isJsonObject(json) || json.receipt === undefined) return { receipt: json };
  const { receipt, result } = json;
  if (result === undefined) return { receipt };
  if (typeof result === 'string') return { receipt, result };
  throw CommandFailure.finding('Cannot verify the receipt: the result beside it must be a text');
}
