/**
 * The memory of a workspace: what its principals have let models remember, one owner apart from the
 * other.
 *
 * It decides nothing about who may: each call of a tool passed the seven checks, and each request of a
 * route its capability. Summaries stand beside the notes that they are made of, so nothing is lost by one.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import { fuseRanks } from '../../core/memory/fuse-ranks.ts';
import {
  MEMORY_LIMITS,
  type Memory,
  mayReplace,
  sizeOfDraft,
  textOfDraft,
} from '../../core/memory/memory.ts';
import { toSearchQuery } from '../../core/memory/search-query.ts';
import { NOTES_OF_SUMMARY } from '../../core/memory/summarise.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceOf } from '../kit/address.ts';
import { appendToChain } from '../kit/append-to-chain.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Changes } from '../kit/changes.ts';
import { randomHex } from '../kit/keys.ts';
import { Outbox } from '../kit/outbox.ts';
import { summariserOf } from '../kit/summariser.ts';
import { Timers } from '../kit/timers.ts';
import type {
  ForgetOrder,
  MemoryApi,
  RecallOrder,
  Remembered,
  RememberOrder,
  TextVector,
  Unembedded,
} from './memory-api.ts';
import { MemoryStore } from './memory-store.ts';
import { MemoryVectors } from './memory-vectors.ts';
import { type NoteParts, summariseNotes } from './summarise-notes.ts';
import { SummaryWishStore } from './summary-wish-store.ts';

/** The name under which the outbox stands in the workspace's chain. */
const SOURCE = 'memory';

const WORK_TIMER = 'work';

/** Milliseconds until notes are summarised, and until what could not be sent is sent again. */
const SOON_MS = 2_000;
const RETRY_MS = 30_000;

/** Rows of one part of an export. */
const EXPORTED_ROWS = 200;

const ID_BYTES = 12;

/** What each way of searching may bring before the best of both are taken. */
const CANDIDATES = 40;

/** Memories that are given their vectors at a time. */
const EMBEDDED_AT_ONCE = 64;

export class MemoryBlock extends DurableObject<BlockBindings> implements MemoryApi {
  readonly #workspace: WorkspaceId;
  readonly #memories: MemoryStore;
  readonly #vectors: MemoryVectors;
  readonly #wishes: SummaryWishStore;
  readonly #outbox: Outbox;
  readonly #timers: Timers;
  readonly #changes: Changes;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    const { storage } = ctx;
    this.#workspace = workspaceOf(ctx);
    this.#memories = new MemoryStore(storage.sql);
    this.#vectors = new MemoryVectors(storage.sql);
    this.#wishes = new SummaryWishStore(storage.sql);
    this.#outbox = new Outbox(storage.sql);
    this.#timers = new Timers(storage, { [WORK_TIMER]: () => this.#work() });
    this.#changes = new Changes(storage, {
      forgetMemory: () => {
        this.#timers.forget();
        this.#outbox.forget();
      },
    });
    storage.transactionSync(() => {
      this.#memories.createTables();
      this.#vectors.createTable();
      this.#wishes.createTable();
      this.#outbox.createTable();
      this.#timers.createTable();
    });
    this.#timers.restore();
  }

  override async alarm(): Promise<void> {
    await this.#timers.alarm(Date.now());
  }

  async remember(order: RememberOrder): Promise<Remembered> {
    const { owner, draft, source, label, embedded } = order;
    const isFact = draft.subject !== undefined && draft.predicate !== undefined;
    const kind = isFact ? 'fact' : 'note';
    const known = this.#memories.byCall(owner, kind, source.callKey);
    if (known !== undefined) return { kind: 'remembered', id: known.id };
    if (!this.#hasRoom(owner, sizeOfDraft(draft)))
      return { kind: 'refused', reason: 'memory_full' };
    const id = randomHex(ID_BYTES);
    const memory: Memory = { ...draft, id, kind, label, source, rememberedAt: Date.now() };
    this.#changes.make(() => {
      if (isFact) this.#supersede(owner, memory);
      this.#memories.insert(owner, memory);
      if (embedded !== undefined) this.#vectors.put(owner, id, embedded);
      this.#wishes.hear(owner, order.wish);
      const notes = this.#memories.unsummarised(owner, NOTES_OF_SUMMARY);
      if (notes.length === NOTES_OF_SUMMARY) this.#setTimer(SOON_MS);
    });
    return { kind: 'remembered', id };
  }

  async recall(order: RecallOrder): Promise<readonly Memory[]> {
    const { owner, query, trustedOnly, embedded } = order;
    const words = toSearchQuery(query);
    const most = Math.min(order.limit, MEMORY_LIMITS.recalled);
    const limit = embedded === undefined ? most : CANDIDATES;
    const wish = { limit, trustedOnly };
    const found = words === undefined ? [] : this.#memories.search(owner, words, wish);
    if (embedded === undefined) return found;
    const near = this.#vectors.nearest(owner, { ...embedded, ...wish });
    const ids = fuseRanks([found.map(({ id }) => id), near], most);
    return ids.flatMap((id) => this.#memories.byId(owner, id)?.memory ?? []);
  }

  async unembedded(owner: string, model: string): Promise<readonly Unembedded[]> {
    return this.#vectors.missing(owner, model, EMBEDDED_AT_ONCE).flatMap((id) => {
      const memory = this.#memories.byId(owner, id)?.memory;
      return memory === undefined ? [] : [{ id, text: textOfDraft(memory) }];
    });
  }

  async keepVectors(
    owner: string,
    vectors: readonly ({ readonly id: string } & TextVector)[],
  ): Promise<void> {
    this.#changes.make(() => {
      for (const { id, ...embedded } of vectors) this.#vectors.put(owner, id, embedded);
    });
  }

  async forget({
    owner,
    id,
    label,
  }: ForgetOrder): Promise<'forgotten' | 'not_found' | 'not_allowed'> {
    const found = this.#memories.byId(owner, id);
    if (found === undefined) return 'not_found';
    if (!mayReplace(label, found.memory.label)) return 'not_allowed';
    this.#changes.make(() => this.#memories.remove(owner, found));
    return 'forgotten';
  }

  async exportRows(actor: NamedActor, owner: string, after: number) {
    const found = this.#memories.after(owner, after, EXPORTED_ROWS);
    this.#changes.make(() => this.#record('memory-exported', actor, found.length));
    this.ctx.waitUntil(this.#drain());
    const memories = found.map(({ memory }) => memory);
    const last = found.at(-1);
    return { memories, ...(found.length === EXPORTED_ROWS && last && { next: last.seq }) };
  }

  async erase(actor: NamedActor, owner: string): Promise<number> {
    const erased = this.#changes.make(() => {
      const rows = this.#memories.erase(owner);
      this.#wishes.delete(owner);
      this.#record('memory-erased', actor, rows);
      return rows;
    });
    this.ctx.waitUntil(this.#drain());
    return erased;
  }

  #hasRoom(owner: string, characters: number): boolean {
    const usage = this.#memories.usage(owner);
    return (
      usage.rows < MEMORY_LIMITS.rows &&
      usage.characters + characters <= MEMORY_LIMITS.characters &&
      this.#memories.count() < MEMORY_LIMITS.workspaceRows
    );
  }

  /** Part of a transaction. */
  #supersede(owner: string, { subject = '', predicate = '', label, rememberedAt }: Memory): void {
    for (const { seq, memory } of this.#memories.standingFacts(owner, subject, predicate)) {
      if (mayReplace(label, memory.label)) this.#memories.supersede(seq, rememberedAt);
    }
  }

  async #work(): Promise<void> {
    summariseNotes(this.#noteParts());
    await this.#drain();
    if (!this.#outbox.isEmpty()) this.#setTimer(RETRY_MS);
  }

  #noteParts(): NoteParts {
    return {
      memories: this.#memories,
      wishes: this.#wishes,
      changes: this.#changes,
      hasRoom: (owner, characters) => this.#hasRoom(owner, characters),
      summarise: async (order) => await summariserOf(this.ctx).summarise(order),
      defer: (task) => this.ctx.waitUntil(task),
      lookAgain: (at) => this.#setTimer(Math.max(SOON_MS, at - Date.now())),
    };
  }

  /** Part of a transaction. */
  #record(
    action: 'memory-exported' | 'memory-erased',
    { name: actor, requestId }: NamedActor,
    count: number,
  ): void {
    const at = Date.now();
    this.#outbox.add([{ action, decision: 'allowed', at, actor, requestId, count }], at);
    this.#setTimer(RETRY_MS);
  }

  /** Part of a transaction, or of the alarm: so many milliseconds from now at the latest. */
  #setTimer(inMs: number): void {
    this.#timers.setLatest(WORK_TIMER, Date.now() + inMs);
  }

  /** Never rejects: what is left is sent by the alarm. */
  async #drain(): Promise<void> {
    if (this.#outbox.isEmpty()) return;
    await this.#outbox
      .drain(appendToChain(this.env, this.#workspace, SOURCE))
      .catch(() => undefined);
  }
}
