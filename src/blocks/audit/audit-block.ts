/**
 * The audit block of a workspace: appends what outboxes send to one hash chain, and verifies it.
 *
 * The object's name is the workspace's id, or `#deployment` for what belongs to none.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { Retention } from '../../core/audit/audit-class.ts';
import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { type AuditRecord, chainRecord, checkpointText } from '../../core/audit/chain.ts';
import { startVerification, verifyPage } from '../../core/audit/verify-chain.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { KeyedHash } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Changes } from '../kit/changes.ts';
import { Gatherer } from '../kit/gatherer.ts';
import { equalConstantTime, isMasterKey, keyedHash, sha256Hex } from '../kit/keys.ts';
import { Timers } from '../kit/timers.ts';
import type {
  AuditApi,
  AuditPage,
  AuditQuery,
  AuditVerification,
  CheckpointNote,
  ConsistencyAnswer,
  InclusionAnswer,
} from './audit-api.ts';
import { ChainStore } from './chain-store.ts';
import { ExpiryStore } from './expiry.ts';
import { SIGN_TIMER, SignedTree } from './signed-tree.ts';
import { TELEMETRY_TIMER, Telemetry } from './telemetry.ts';

/** Records that verification holds in memory at once. */
const VERIFY_PAGE = 1_000;

/**
 * How long the first append of a bundle waits for those of other outboxes, and how far apart bundles are
 * in a busy workspace, in milliseconds: pages of indexes are dear to write, and hold many records.
 */
const GATHER_MS = 10;
const BUNDLES_APART_MS = 100;

/** Under which the block puts down what it does itself. */
const OWN_SOURCE = 'audit';

const EXPIRE_TIMER = 'expire';

/** How often it is looked for what has been kept for long enough, in milliseconds. */
const EXPIRE_EVERY_MS = 6 * 3_600_000;

interface Append {
  readonly source: string;
  readonly firstSeq: number;
  readonly events: readonly AuditEvent[];
}

export class AuditBlock extends DurableObject<BlockBindings> implements AuditApi {
  readonly #store: ChainStore;
  readonly #workspace: string;
  readonly #sealEnd: KeyedHash;
  readonly #timers: Timers;
  readonly #changes: Changes;
  readonly #tree: SignedTree;
  readonly #expiry: ExpiryStore;
  readonly #telemetry: Telemetry;
  readonly #appending: Gatherer<Append, number>;
  /** One at a time: it takes all that the object has. Whoever comes meanwhile shares the next. */
  #verification: Promise<unknown> = Promise.resolve();
  #nextVerification: Promise<AuditVerification> | undefined;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#workspace = ctx.id.name ?? '';
    this.#sealEnd = this.#sealerWith(env.SALLYPORT_MASTER_KEY);
    this.#store = new ChainStore(ctx.storage.sql);
    this.#expiry = new ExpiryStore(ctx.storage.sql);
    this.#timers = new Timers(ctx.storage, {
      [SIGN_TIMER]: () => this.#tree.signAndArchive(),
      [EXPIRE_TIMER]: () => this.#expire(),
      [TELEMETRY_TIMER]: () => this.#telemetry.send(),
    });
    this.#tree = new SignedTree({
      ...{ workspace: this.#workspace, sql: ctx.storage.sql, chain: this.#store },
      ...{ timers: this.#timers, env },
    });
    this.#telemetry = new Telemetry({
      ...{ workspace: this.#workspace, sql: ctx.storage.sql, chain: this.#store },
      ...{ timers: this.#timers, env },
    });
    this.#changes = new Changes(ctx.storage, {
      flush: () => this.#sealEndIfNew(),
      forgetMemory: () => {
        this.#store.forget();
        this.#tree.forget();
        this.#timers.forget();
      },
    });
    ctx.storage.transactionSync(() => {
      this.#store.createTables();
      this.#tree.createTables();
      this.#expiry.createTables();
      this.#telemetry.createTable();
      this.#timers.createTable();
    });
    this.#timers.restore();
    this.#noteNewKey(env.SALLYPORT_PREVIOUS_MASTER_KEY);
    this.#appending = new Gatherer({
      transact: (change) => this.#changes.make(change),
      perform: (append) => this.#append(append),
      delayMs: GATHER_MS,
      apartMs: BUNDLES_APART_MS,
    });
  }

  append(source: string, firstSeq: number, events: readonly AuditEvent[]): Promise<number> {
    return this.#appending.add({ source, firstSeq, events });
  }

  override async alarm(): Promise<void> {
    await this.#timers.alarm(Date.now());
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

  /** Part of the caller's transaction. What throws has added nothing. */
  #chain(source: string, known: number, events: readonly AuditEvent[]): void {
    let { seq, hash } = this.#store.head();
    const records = events.map((event, index): AuditRecord => {
      const place = { seq: seq + 1, source, sourceSeq: known + index + 1 };
      const content = { ...place, event: toWritable(event), previousHash: hash };
      const record = chainRecord(content, sha256Hex);
      ({ seq, hash } = record);
      return record;
    });
    for (const record of records) this.#store.add(record);
    this.#store.setLastOfSource(source, known + events.length);
  }

  /** Ends each transaction: once for all that was added in it. */
  #sealEndIfNew(): void {
    const head = this.#store.flush();
    if (head === undefined) return;
    const { seq, hash } = head;
    const signature = this.#sealEnd(checkpointText(this.#workspace, seq, hash));
    this.#store.setCheckpoint({ seq, hash, signature });
    this.#tree.growTo(seq);
    this.#telemetry.wake();
  }

  async query(query: AuditQuery): Promise<AuditPage> {
    return this.#store.select(query);
  }

  verify(): Promise<AuditVerification> {
    this.#nextVerification ??= this.#verification.then(() => {
      const begun = this.#recompute();
      this.#nextVerification = undefined;
      this.#verification = begun.catch(() => undefined);
      return begun;
    });
    return this.#nextVerification;
  }

  async #recompute(): Promise<AuditVerification> {
    let progress = startVerification();
    for (;;) {
      // Appends go on between pages; the last page and the checkpoint are read at one moment.
      await scheduler.wait(0);
      const { records } = this.#store.select({ after: progress.count, limit: VERIFY_PAGE });
      const page = verifyPage(progress, records, sha256Hex);
      progress = page.progress;
      const { count, head } = progress;
      if (page.firstBad !== undefined) return { ok: false, count, head, firstBad: page.firstBad };
      if (records.length < VERIFY_PAGE) break;
    }
    const { count, head } = progress;
    return this.#isEnd(count, head, this.#sealEnd)
      ? { ok: true, count, head }
      : { ok: false, count, head, firstBad: { seq: count + 1, problem: 'checkpoint' } };
  }

  async sign(): Promise<CheckpointNote | undefined> {
    const signed = this.#tree.sign();
    this.ctx.waitUntil(this.#tree.archive().catch(() => undefined));
    return signed;
  }

  async checkpoints(after: number, limit: number): Promise<readonly CheckpointNote[]> {
    return this.#tree.checkpoints(after, limit);
  }

  async retention(): Promise<Retention> {
    return this.#expiry.retention();
  }

  async setRetention(actor: string, requestId: string, retention: Retention): Promise<void> {
    this.#changes.make(() => {
      this.#expiry.setRetention(retention);
      this.#recordOwn([{ action: 'retention-changed', decision: 'allowed', actor, requestId }]);
      this.#timers.set(EXPIRE_TIMER, Date.now());
    });
  }

  /** Goes on at once while there is more, and looks again later as long as anything expires. */
  async #expire(): Promise<void> {
    this.#changes.make(() => {
      const expired = this.#expiry.expire(Date.now());
      this.#recordOwn(
        expired.map(({ auditClass, count }) => ({
          action: 'records-expired',
          decision: 'observed',
          actor: 'gateway',
          ...{ count, resource: auditClass },
        })),
      );
      if (Object.keys(this.#expiry.retention()).length === 0) return;
      const delayMs = expired.length > 0 ? 0 : EXPIRE_EVERY_MS;
      this.#timers.set(EXPIRE_TIMER, Date.now() + delayMs);
    });
  }

  /** Part of a transaction. */
  #recordOwn(events: readonly Omit<AuditEvent, 'at'>[]): void {
    if (events.length === 0) return;
    const at = Date.now();
    const known = this.#store.lastOfSource(OWN_SOURCE);
    this.#chain(
      OWN_SOURCE,
      known,
      events.map((event) => ({ ...event, at })),
    );
  }

  async inclusion(seq: number, size: number): Promise<InclusionAnswer | undefined> {
    return this.#tree.inclusion(seq, size);
  }

  async consistency(from: number, to: number): Promise<ConsistencyAnswer | undefined> {
    return this.#tree.consistency(from, to);
  }

  #sealerWith(masterKey: string): KeyedHash {
    return keyedHash(masterKey, `audit-checkpoint:${this.#workspace}`);
  }

  /** An end that the key before has sealed goes on under the present one, by a record that says so. */
  #noteNewKey(previous: string | undefined): void {
    const { seq, hash } = this.#store.head();
    if (!isMasterKey(previous) || seq === 0 || this.#isEnd(seq, hash, this.#sealEnd)) return;
    if (!this.#isEnd(seq, hash, this.#sealerWith(previous))) return;
    const event = { action: 'audit-key-changed', decision: 'observed', actor: 'gateway' } as const;
    this.#changes.make(() => this.#recordOwn([event]));
  }

  /** A chain whose end was cut off does not reach its last checkpoint; a forged one is not signed. */
  #isEnd(seq: number, hash: string, seal: KeyedHash): boolean {
    const checkpoint = this.#store.checkpoint();
    if (checkpoint === undefined) return seq === 0;
    const signature = seal(checkpointText(this.#workspace, seq, hash));
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
