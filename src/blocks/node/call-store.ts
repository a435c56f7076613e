/**
 * The calls that were handed to nodes, by their idempotency key: what is needed to send one, until
 * it is over, and then how it ended.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { NodeId } from '../../core/primitives/ids.ts';
import type { ContentSeal } from '../kit/content-seal.ts';
import { CallOutputs, readOutcome } from './call-outputs.ts';
import {
  type CallHead,
  type CallUnderWay,
  HEAD_COLUMNS,
  type HeadRow,
  type StoredCall,
  toHead,
} from './call-row.ts';
import { describeCall } from './describe-call.ts';
import type { CallState, NodeCallDescription } from './node-api.ts';

/** How long the outcome of a call can be asked for, in milliseconds. */
const KEEP_CALLS_MS = 3_600_000;

/** Most calls of a node that are listed. */
const MAX_LISTED = 100;

/** Most calls that are settled at once; the alarm rings again for the others. */
const MAX_OVERDUE = 500;

type Row = HeadRow & {
  call_key: string;
  work: string | null;
  outcome: string | null;
  output: string | null;
};

const OVER = "state NOT IN ('waiting', 'sent')";

export class CallStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal | undefined;
  /** Those that are not over. */
  #underWay: Map<string, CallUnderWay> | undefined;
  /** No row has to be looked at before. */
  #nextAt: number | undefined;
  readonly #outputs: CallOutputs;

  /** With `sealing`, what a call was given and what came of it are sealed. */
  constructor(sql: SqlStorage, sealing?: ContentSeal, outputs = new CallOutputs(sql)) {
    this.#sql = sql;
    this.#sealing = sealing;
    this.#outputs = outputs;
  }

  createTable(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS calls (
        call_key TEXT PRIMARY KEY, node TEXT NOT NULL, state TEXT NOT NULL,
        settle_at INTEGER NOT NULL, at INTEGER NOT NULL,
        facts TEXT NOT NULL, work TEXT, outcome TEXT, output TEXT
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS calls_of_node ON calls (node, state, at);
      CREATE INDEX IF NOT EXISTS calls_by_settlement ON calls (settle_at);
    `);
  }

  /** Memory may be ahead of storage: reads it again when it is needed. */
  forget(): void {
    this.#underWay = undefined;
    this.#nextAt = undefined;
    this.#outputs.forget();
  }

  /** Of a call that is not over. */
  underWay(callKey: string): CallUnderWay | undefined {
    return this.#readUnderWay().get(callKey);
  }

  /** In memory the call is over; its row follows with {@link CallStore.settle}. */
  close(callKey: string): void {
    this.#readUnderWay().delete(callKey);
  }

  /** In memory alone. */
  note(call: CallUnderWay): void {
    this.#readUnderWay().set(call.facts.callKey, call);
  }

  isKnown(callKey: string): boolean {
    return (this.underWay(callKey) ?? this.find(callKey)) !== undefined;
  }

  find(callKey: string): StoredCall | undefined {
    const [row] = this.#sql.exec<Row>('SELECT * FROM calls WHERE call_key = ?', callKey).toArray();
    return row && this.#toCall(row);
  }

  /** Whether that node has the call, and it is not over. */
  isSentTo(node: NodeId, callKey: string): boolean {
    const call = this.underWay(callKey);
    return call?.state === 'sent' && call.facts.node === node;
  }

  /** Part of a transaction. */
  add(
    { facts, state, settleAt, order }: CallUnderWay & Pick<StoredCall, 'order'>,
    at: number,
  ): void {
    this.#readUnderWay().set(facts.callKey, { facts, state, settleAt });
    this.#lookBy(settleAt);
    this.#sql.exec(
      `INSERT INTO calls (call_key, node, state, settle_at, at, facts, work)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      facts.callKey,
      facts.node,
      state,
      settleAt,
      at,
      JSON.stringify(facts),
      order === undefined ? null : this.#seal(orderOf(facts.callKey), JSON.stringify(order)),
    );
  }

  /** Part of a transaction. */
  markSent(callKey: string, settleAt: number): void {
    this.#mark(callKey, 'sent', settleAt);
  }

  /** Part of a transaction: its node has given it back. */
  markWaiting(callKey: string, settleAt: number): void {
    this.#mark(callKey, 'waiting', settleAt);
  }

  #mark(callKey: string, state: CallUnderWay['state'], settleAt: number): void {
    const call = this.underWay(callKey);
    if (call !== undefined) this.#readUnderWay().set(callKey, { ...call, state, settleAt });
    this.#lookBy(settleAt);
    this.#sql.exec(
      'UPDATE calls SET state = ?, settle_at = ? WHERE call_key = ?',
      state,
      settleAt,
      callKey,
    );
  }

  /** Part of a transaction. The order goes: what a call was asked is kept in its session alone. */
  settle(callKey: string, state: CallState, outcome: ToolOutcome, now: number): void {
    this.close(callKey);
    this.#lookBy(now + KEEP_CALLS_MS);
    // By itself: as JSON it could be six times as long, and more than a row may have.
    const output = outcome.kind === 'ok' ? this.#seal(outputOf(callKey), outcome.output) : null;
    const rest = outcome.kind === 'ok' ? { ...outcome, output: '' } : outcome;
    this.#sql.exec(
      `UPDATE calls SET state = ?, outcome = ?, output = ?, work = NULL, settle_at = ?
       WHERE call_key = ?`,
      state,
      JSON.stringify(rest),
      output,
      now + KEEP_CALLS_MS,
      callKey,
    );
    if (output !== null) this.#outputs.makeRoomFor(callKey, output.length);
  }

  /** Part of a transaction. */
  remove(callKey: string): void {
    this.close(callKey);
    this.#sql.exec('DELETE FROM calls WHERE call_key = ?', callKey);
  }

  /** In the order in which they came. */
  inState(node: NodeId, state: CallState): readonly CallHead[] {
    return this.#sql
      .exec<HeadRow>(
        `SELECT ${HEAD_COLUMNS} FROM calls WHERE node = ? AND state = ? ORDER BY at`,
        node,
        state,
      )
      .toArray()
      .map(toHead);
  }

  /** When the latest call of a node came, epoch milliseconds; 0 if there is none. */
  latestAt(node: NodeId): number {
    return (
      this.#sql
        .exec<{ at: number | null }>('SELECT max(at) AS at FROM calls WHERE node = ?', node)
        .one().at ?? 0
    );
  }

  /** Key of the latest call that a node has ended well. */
  lastDone(node: NodeId): string | undefined {
    const [row] = this.#sql
      .exec<Pick<Row, 'call_key'>>(
        "SELECT call_key FROM calls WHERE node = ? AND state = 'done' ORDER BY at DESC LIMIT 1",
        node,
      )
      .toArray();
    return row?.call_key;
  }

  count(node: NodeId, state: CallUnderWay['state']): number {
    let count = 0;
    for (const call of this.#readUnderWay().values()) {
      if (call.state === state && call.facts.node === node) count += 1;
    }
    return count;
  }

  /** Those under way that nobody waits for any longer, or as many of them as are settled at once. */
  overdue(now: number): readonly CallHead[] {
    return this.#sql
      .exec<HeadRow>(
        `SELECT ${HEAD_COLUMNS} FROM calls WHERE settle_at <= ? AND NOT (${OVER})
         ORDER BY settle_at LIMIT ?`,
        now,
        MAX_OVERDUE,
      )
      .toArray()
      .map(toHead);
  }

  /** Part of a transaction: forgets what was kept long enough. */
  sweep(now: number): void {
    this.#nextAt = undefined;
    const swept = this.#sql.exec<Pick<Row, 'call_key'>>(
      `DELETE FROM calls WHERE settle_at <= ? AND ${OVER} RETURNING call_key`,
      now,
    );
    for (const { call_key: callKey } of swept) this.#outputs.remove(callKey);
  }

  /** When the next row has to be looked at, or sooner; infinite if there is none. */
  nextAt(): number {
    this.#nextAt ??=
      this.#sql.exec<{ at: number | null }>('SELECT min(settle_at) AS at FROM calls').one().at ??
      Number.POSITIVE_INFINITY;
    return this.#nextAt;
  }

  /** One call of a node; none if it has no such one. */
  one(node: NodeId, callKey: string): readonly NodeCallDescription[] {
    return this.#sql
      .exec<Row>('SELECT * FROM calls WHERE call_key = ? AND node = ?', callKey, node)
      .toArray()
      .map(describeCall);
  }

  latest(node: NodeId): readonly NodeCallDescription[] {
    return this.#sql
      .exec<Row>('SELECT * FROM calls WHERE node = ? ORDER BY at DESC LIMIT ?', node, MAX_LISTED)
      .toArray()
      .map(describeCall);
  }

  #lookBy(at: number): void {
    if (this.#nextAt !== undefined) this.#nextAt = Math.min(this.#nextAt, at);
  }

  #readUnderWay(): Map<string, CallUnderWay> {
    this.#underWay ??= new Map(
      this.#sql
        .exec<Pick<Row, 'call_key' | 'state' | 'settle_at' | 'facts'>>(
          `SELECT call_key, state, settle_at, facts FROM calls WHERE NOT (${OVER})`,
        )
        .toArray()
        .map(({ call_key: callKey, state, settle_at: settleAt, facts }) => [
          callKey,
          { facts: JSON.parse(facts), state: state as CallUnderWay['state'], settleAt },
        ]),
    );
    return this.#underWay;
  }

  #toCall(row: Row): StoredCall {
    const { call_key: callKey, work, outcome, output } = row;
    return {
      ...toHead(row),
      ...(work !== null && { order: JSON.parse(this.#open(orderOf(callKey), work)) }),
      ...(outcome !== null && {
        outcome: readOutcome(outcome, output && this.#open(outputOf(callKey), output)),
      }),
    };
  }

  #seal(place: string, text: string): string {
    return this.#sealing?.seal(place, text) ?? text;
  }

  #open(place: string, text: string): string {
    return this.#sealing?.openText(place, text) ?? text;
  }
}

const orderOf = (callKey: string): string => `order/${callKey}`;
const outputOf = (callKey: string): string => `output/${callKey}`;
