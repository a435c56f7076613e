/**
 * The index of a workspace's sessions: it lists them, bounds how many there are, and finds those that
 * nobody has used for as long as the policy lets them stay.
 *
 * It is on the way of nobody's turn. A session has its place here before it is made, so that the bound
 * holds for those that are made at once; whether it was made, and when it was used last, it is asked
 * for later. So neither a lost request nor a lost session leaves a row for good.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { NoRoom } from '../../core/policy/room.ts';
import type { SessionPolicy } from '../../core/policy/session-policy.ts';
import { parseSessionId } from '../../core/primitives/ids.ts';
import { workspaceOf } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Changes } from '../kit/changes.ts';
import { atMost, inParallel } from '../kit/in-parallel.ts';
import { Sealing } from '../kit/sealing.ts';
import { Tables } from '../kit/tables.ts';
import { Timers } from '../kit/timers.ts';
import { openSession } from '../session/session-client.ts';
import type {
  ListedSession,
  SessionIndexApi,
  SessionPage,
  SessionQuery,
} from './session-index-api.ts';
import { type DueBefore, type DueSession, SessionIndexStore } from './session-index-store.ts';

/** How long a session may take to be made. */
const RESERVED_MS = 60_000;

/**
 * How long one that cannot be reached is left alone; each further time twice as long, up to a day. It is never
 * given up: what is in it would stay, and be in no list.
 */
const UNREACHED_MS = 60_000;
const MAX_UNREACHED_MS = 86_400_000;

/** Sessions that are asked how they stand in one transaction, and at the same time. */
const PAGE = 100;
const PARALLEL = 8;

/** Longest that a page waits for them, in milliseconds. */
const WAIT_MS = 5_000;

/** Pages in one alarm, which may ask so many others and no more; the next one goes on. */
const MAX_PAGES = 4;

const TEND_TIMER = 'tend';

/** `undefined`: it is not there any more. */
type Standing = { readonly usedAt: number } | 'unknown' | undefined;

export class SessionIndexBlock extends DurableObject<BlockBindings> implements SessionIndexApi {
  readonly #sealing: Sealing;
  readonly #sessions: SessionIndexStore;
  readonly #timers: Timers;
  readonly #changes: Changes;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    const tables = new Tables(ctx.storage.sql);
    this.#sealing = new Sealing({ env, ctx, tables, kind: 'session-index' });
    this.#sessions = new SessionIndexStore(ctx.storage.sql, this.#sealing);
    this.#timers = new Timers(ctx.storage, { [TEND_TIMER]: () => this.#tend() });
    this.#changes = new Changes(ctx.storage, {
      forgetMemory: () => {
        this.#timers.forget();
        this.#sealing.forget();
      },
    });
    ctx.storage.transactionSync(() => {
      this.#sessions.createTables();
      this.#timers.createTable();
    });
    this.#sealing.begin(() => this.#timers.restore());
  }

  override async alarm(): Promise<void> {
    await this.#timers.alarm(Date.now());
  }

  async reserve(session: ListedSession): Promise<'reserved' | NoRoom> {
    await this.#prepare(session);
    const sessions = this.#sessions;
    const noRoom = sessions.has(session.id) ? undefined : this.#findNoRoom(session);
    if (noRoom !== undefined) return noRoom;
    this.#change(() => sessions.put(session, { kind: 'reserved', at: Date.now() }));
    return 'reserved';
  }

  async hear(session: ListedSession): Promise<void> {
    await this.#prepare(session);
    this.#change(() => this.#sessions.put(session, { kind: 'used', at: Date.now() }));
  }

  async remove(id: string): Promise<void> {
    this.#change(() => this.#sessions.remove(id));
  }

  async list(query: SessionQuery): Promise<SessionPage> {
    const read = this.#sessions.list(query);
    const last = read.length > query.limit ? read[query.limit - 1] : undefined;
    const sessions = read.slice(0, query.limit).map(({ seq: _, ...session }) => session);
    return { sessions, ...(last && { next: last.seq }) };
  }

  async follow(policy: SessionPolicy, revision: number): Promise<void> {
    this.#change(() => this.#sessions.putPolicy(policy, revision));
  }

  /** A title is content: the policy says how it is to be written. */
  async #prepare({ title }: ListedSession): Promise<void> {
    if (title !== undefined) await this.#sealing.ask();
  }

  #findNoRoom({ createdBy }: ListedSession): NoRoom | undefined {
    const { max, maxOfPrincipal } = this.#sessions.policy();
    if (this.#sessions.countOf(createdBy) >= maxOfPrincipal) return 'principal-is-full';
    return this.#sessions.countAll() >= max ? 'workspace-is-full' : undefined;
  }

  #change(change: () => void): void {
    this.#changes.make(() => {
      change();
      const at = this.#nextAt();
      if (at !== undefined) this.#timers.setLatest(TEND_TIMER, at);
    });
  }

  /** When the next session is to be asked; `undefined` if none is. */
  #nextAt(): number | undefined {
    const { maxIdleMs } = this.#sessions.policy();
    const reservedAt = this.#sessions.firstReservedAt();
    const usedAt = maxIdleMs === undefined ? undefined : this.#sessions.firstUsedAt();
    const at = Math.min(
      reservedAt === undefined ? Number.POSITIVE_INFINITY : reservedAt + RESERVED_MS,
      usedAt === undefined ? Number.POSITIVE_INFINITY : usedAt + (maxIdleMs ?? 0),
    );
    return Number.isFinite(at) ? at : undefined;
  }

  async #tend(): Promise<void> {
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const before = this.#dueBefore();
      const due = this.#sessions.due(before, PAGE);
      if (due.length === 0) break;
      const standings = await this.#askAll(due, before.usedAt);
      this.#changes.make(() => {
        for (const [each, standing] of standings) this.#settle(each, standing);
      });
    }
    this.#change(() => {});
  }

  #dueBefore(): DueBefore {
    const now = Date.now();
    const { maxIdleMs } = this.#sessions.policy();
    const reservedAt = now - RESERVED_MS;
    return { reservedAt, ...(maxIdleMs !== undefined && { usedAt: now - maxIdleMs }) };
  }

  /** Of those that there was time to ask. */
  async #askAll(
    due: readonly DueSession[],
    idleSince: number | undefined,
  ): Promise<ReadonlyMap<DueSession, Standing>> {
    const standings = new Map<DueSession, Standing>();
    const waiting = [...due];
    const perform = async (each: DueSession): Promise<void> => {
      standings.set(each, 'unknown');
      standings.set(each, await this.#ask(each, idleSince));
    };
    await atMost(WAIT_MS, inParallel(waiting, { parallel: PARALLEL, perform }));
    waiting.length = 0;
    return new Map(standings);
  }

  async #ask({ id }: DueSession, idleSince: number | undefined): Promise<Standing> {
    const sessionId = parseSessionId(id);
    if (sessionId === undefined) return undefined;
    try {
      const session = openSession(this.env, workspaceOf(this.ctx), sessionId);
      const usedAt = await session.endIfIdle(idleSince);
      return usedAt === undefined ? undefined : { usedAt };
    } catch {
      return 'unknown';
    }
  }

  #settle(due: DueSession, standing: Standing): void {
    if (standing === undefined) this.#sessions.removeRow(due);
    else if (standing !== 'unknown') this.#sessions.confirm(due, standing.usedAt);
    else this.#sessions.putOff(due, this.#laterBy(this.#sessions.countUnreached(due)));
  }

  /** As of when it would be due once it has been left alone, having not answered so many times. */
  #laterBy(times: number): DueBefore {
    const { maxIdleMs } = this.#sessions.policy();
    const askedAt = Date.now() + Math.min(UNREACHED_MS * 2 ** (times - 1), MAX_UNREACHED_MS);
    return {
      reservedAt: askedAt - RESERVED_MS,
      ...(maxIdleMs !== undefined && { usedAt: askedAt - maxIdleMs }),
    };
  }
}
