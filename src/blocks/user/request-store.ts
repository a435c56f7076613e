/**
 * What a behaviour has asked of others than blocks, until it is answered.
 *
 * A request is a row of the transaction that asks; its answer, and the end of the row, are one
 * transaction, too. So each is answered once, by a message to the block itself.
 *
 * @module
 */

import type { BlockRequest } from '../../core/blocks/effect.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { type BlockParts, MAIL } from './block-parts.ts';

/** Most requests of a block that are not answered yet. */
export const MAX_REQUESTS = 100;

/** Timer that goes on where a lost object was. */
export const REQUEST_TIMER = 'requests';

/** How soon after a loss, in milliseconds. */
const TAKE_UP_MS = 5_000;

const COLUMNS = `(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL, label TEXT NOT NULL,
  request_id TEXT NOT NULL
) STRICT`;

type Row = { seq: number; request: string; label: string; request_id: string };

export interface StoredRequest {
  readonly seq: number;
  readonly request: BlockRequest;
  /** Of all that shaped it. */
  readonly label: Label;
  readonly requestId: string;
}

/** Part of a transaction. Beyond their number it is answered at once: not done. */
export function addRequest(
  parts: BlockParts,
  { request, label, requestId }: Omit<StoredRequest, 'seq'>,
): void {
  parts.tables.make('requests', COLUMNS);
  const { sql } = parts.storage;
  const { count } = sql.exec<{ count: number }>('SELECT count(*) AS count FROM requests').one();
  if (count >= MAX_REQUESTS) {
    const answer = { failed: 'limit_reached' };
    answerBlock(parts, { ref: request.ref, answer, label, requestId });
    return;
  }
  const seq = nextSeq(parts);
  sql.exec(
    'INSERT INTO requests (seq, request, label, request_id) VALUES (?, ?, ?, ?)',
    seq,
    parts.values.seal(requestKey(seq), JSON.stringify(request)),
    JSON.stringify(label),
    requestId,
  );
  parts.timers.setLatest(REQUEST_TIMER, parts.now() + TAKE_UP_MS);
}

/** Whether it has ever asked for anything. */
export function hasAsked({ tables }: Pick<BlockParts, 'tables'>): boolean {
  return tables.has('requests');
}

/** The one that was asked for first. */
export function nextRequest(parts: BlockParts): StoredRequest | undefined {
  if (!hasAsked(parts)) return undefined;
  const [row] = parts.storage.sql
    .exec<Row>('SELECT * FROM requests ORDER BY seq LIMIT 1')
    .toArray();
  if (row === undefined) return undefined;
  const { seq, label, request_id: requestId } = row;
  const request = parts.values.open(requestKey(seq), row.request);
  return { seq, request: JSON.parse(request), label: JSON.parse(label), requestId };
}

/** Never given before: what is sealed is bound to it. */
function nextSeq({ storage }: BlockParts): number {
  const [row] = storage.sql
    .exec<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'requests'")
    .toArray();
  return (row?.seq ?? 0) + 1;
}

function requestKey(seq: number): string {
  return `request/${seq}`;
}

/** Part of a transaction. */
export function dropRequest(parts: BlockParts, seq: number): void {
  parts.storage.sql.exec('DELETE FROM requests WHERE seq = ?', seq);
}

export interface Answering {
  readonly ref: string;
  readonly answer: JsonObject;
  readonly label: Label;
  readonly requestId: string;
}

/** Part of a transaction: a signal of the block to itself, outside the limits of its mailbox. */
export function answerBlock(parts: BlockParts, { ref, answer, label, requestId }: Answering): void {
  const order = parts.facts.alive()?.order;
  if (order === undefined) return;
  parts.mailbox.add(
    {
      messageId: parts.newId('sig'),
      from: `block:${order.blockId}`,
      label,
      signal: true,
      traceId: requestId,
    },
    JSON.stringify({ type: 'answer', ref, ...answer }),
  );
  parts.waiters.wake(MAIL);
}
