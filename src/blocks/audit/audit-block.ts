/**
 * The audit block of a workspace: appends what outboxes send to one hash chain, and verifies it.
 *
 * The object's name is the workspace's id, or `#deployment` for what belongs to none.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { type AuditRecord, chainRecord, checkpointText } from '../../core/audit/chain.ts';
import { startVerification, verifyPage } from '../../core/audit/verify-chain.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { KeyedHash } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Gatherer } from '../kit/gatherer.ts';
import { equalConstantTime, keyedHash, sha256Hex } from '../kit/keys.ts';
import type { AuditApi, AuditPage, AuditQuery, AuditVerification } from './audit-api.ts';
import { ChainStore } from './chain-store.ts';

/** Records that verification holds in memory at once. */
const VERIFY_PAGE = 1_000;

/** How long the first append of a bundle waits for those of other outboxes, in milliseconds. */
const GATHER_MS = 10;

interface Append {
  readonly source: string;
  readonly firstSeq: number;
  readonly events: readonly AuditEvent[];
}

export class AuditBlock extends DurableObject<BlockBindings> implements AuditApi {
  readonly #store: ChainStore;
  readonly #workspace: string;
  readonly #sign: KeyedHash;
  readonly #appending: Gatherer<Append, number>;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#workspace = ctx.id.name ?? '';
    this.#sign = keyedHash(env.SALLYPORT_MASTER_KEY, `audit-checkpoint:${this.#workspace}`);
    this.#store = new ChainStore(ctx.storage.sql);
    this.#store.createTables();
    this.#appending = new Gatherer({
      transact: (change) => ctx.storage.transactionSync(change),
      perform: (append) => this.#append(append),
      delayMs: GATHER_MS,
    });
  }

  append(source: string, firstSeq: number, events: readonly AuditEvent[]): Promise<number> {
    return this.#appending.add({ source, firstSeq, events });
  }

  /** Part of a transaction. */
  #append({ source, firstSeq, events }: Append): number {
    const known = this.#store.lastOfSource(source);
    if (firstSeq > known + 1) {
      throw new Fault(
        'audit_unavailable',
        `Cannot append events from ${firstSeq}: number ${known + 1} of their source must come first`,
      );
    }
    const fresh = events.slice(known + 1 - firstSeq);
    if (fresh.length > 0) this.#chain(source, known, fresh);
    return known + fresh.length;
  }

  /** Part of the caller's transaction. */
  #chain(source: string, known: number, events: readonly AuditEvent[]): void {
    let { seq, hash } = this.#store.head();
    for (const [index, event] of events.entries()) {
      const sourceSeq = known + index + 1;
      const content = {
        seq: seq + 1,
        source,
        sourceSeq,
        event: toWritable(event),
        previousHash: hash,
      };
      const record: AuditRecord = chainRecord(content, sha256Hex);
      this.#store.add(record);
      seq = record.seq;
      hash = record.hash;
    }
    this.#store.setLastOfSource(source, known + events.length);
    const signature = this.#sign(checkpointText(this.#workspace, seq, hash));
    this.#store.setCheckpoint({ seq, hash, signature });
  }

  async query(query: AuditQuery): Promise<AuditPage> {
    const records = this.#store.select(query);
    const last = records.at(-1);
    return records.length < query.limit || last === undefined
      ? { records }
      : { records, next: last.seq };
  }

  async verify(): Promise<AuditVerification> {
    let progress = startVerification();
    for (;;) {
      // Appends go on between pages; the last page and the checkpoint are read at one moment.
      await scheduler.wait(0);
      const records = this.#store.select({ after: progress.count, limit: VERIFY_PAGE });
      const page = verifyPage(progress, records, sha256Hex);
      progress = page.progress;
      const { count, head } = progress;
      if (page.firstBad !== undefined) return { ok: false, count, head, firstBad: page.firstBad };
      if (records.length < VERIFY_PAGE) break;
    }
    const { count, head } = progress;
    return this.#endsAtCheckpoint(count, head)
      ? { ok: true, count, head }
      : { ok: false, count, head, firstBad: { seq: count + 1, problem: 'checkpoint' } };
  }

  /** A chain whose end was cut off does not reach its last checkpoint; a forged one is not signed. */
  #endsAtCheckpoint(seq: number, hash: string): boolean {
    const checkpoint = this.#store.checkpoint();
    if (checkpoint === undefined) return seq === 0;
    const signature = this.#sign(checkpointText(this.#workspace, seq, hash));
    return checkpoint.seq === seq && equalConstantTime(checkpoint.signature, signature);
  }
}

/**
 * Half a surrogate pair has no UTF-8, hence no hash. One text that has slipped in must not stop the
 * outbox that it is in for ever.
 */
function toWritable(event: AuditEvent): AuditEvent {
  const isText = (value: unknown): value is string => typeof value === 'string';
  if (Object.values(event).every((value) => !isText(value) || value.isWellFormed())) return event;
  const entries = Object.entries(event).map(([key, value]) => [
    key,
    isText(value) ? value.toWellFormed() : value,
  ]);
  return Object.fromEntries(entries);
}
