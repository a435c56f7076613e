/**
 * Puts the parts of a session block together. Wiring only.
 *
 * @module
 */

import type { Principal } from '../../core/policy/principal.ts';
import { DEFAULT_TURN_LIMITS } from '../../core/policy/turn-limits.ts';
import { DEFAULT_WINDOW, windowWithin } from '../../core/policy/window-policy.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Changes } from '../kit/changes.ts';
import { ChunkedValues } from '../kit/chunked-values.ts';
import { Outbox } from '../kit/outbox.ts';
import { Sealing } from '../kit/sealing.ts';
import { summariserOf } from '../kit/summariser.ts';
import { Tables } from '../kit/tables.ts';
import { Timers } from '../kit/timers.ts';
import { Waiters } from '../kit/waiters.ts';
import { ApprovalStore } from './approval-store.ts';
import { Authorities } from './authorities.ts';
import { HeldSlice } from './held-slice.ts';
import { IdempotencyStore } from './idempotency-store.ts';
import { JournalStore } from './journal-store.ts';
import { LiveTurns } from './live-turns.ts';
import { MessageStore } from './message-store.ts';
import { MessageWords } from './message-words.ts';
import { Neighbours } from './neighbours.ts';
import { Readers } from './readers.ts';
import { type SessionParts, topicOf } from './session-parts.ts';
import { SessionStore } from './session-store.ts';
import { SettlementStore } from './settlement-store.ts';
import { ShortenedStore } from './shortened-store.ts';
import { SummaryJobStore } from './summary-job-store.ts';
import { TurnStore } from './turn-store.ts';
import { UnwrittenTurn } from './unwritten-turn.ts';

const DEFAULT_LEASE_MS = 15_000;

/** Shorter leases lapse under a run that is merely slow. */
const MIN_LEASE_MS = 200;

/** What the parts call back when a timer is due, a turn begins, or something is to be sent. */
export interface SessionTasks {
  readonly turn: () => Promise<void>;
  readonly flush: () => Promise<void>;
  readonly expire: () => Promise<void>;
  readonly approvals: () => Promise<void>;
  readonly shorten: () => Promise<void>;
  readonly flushPromptly: SessionParts['flush'];
  readonly startRun: SessionParts['startRun'];
}

export function assembleParts(
  ctx: DurableObjectState,
  env: BlockBindings,
  { flushPromptly, startRun, ...timed }: SessionTasks,
): SessionParts {
  const { storage } = ctx;
  const { sql } = storage;
  const tables = new Tables(sql);
  const sealing = new Sealing({ env, ctx, tables, kind: 'session' });
  const values = new ChunkedValues(sql, undefined, sealing);
  const session = new SessionStore(sql, values);
  const turns = new TurnStore(sql, values);
  const journal = new JournalStore(sql, values);
  const live = new LiveTurns(turns, journal);
  const messages = new MessageStore(sql, values);
  const shortened = new ShortenedStore(sql, values, tables);
  const held = new HeldSlice();
  const changes = new Changes(storage, {
    forgetMemory: () => {
      for (const copy of copies) copy.forget();
      held.release();
    },
    flush: () => {
      journal.flush();
      outbox.flush(Date.now());
    },
  });
  const writeLate = (write: () => void): void => changes.writeLate(write);
  const settlements = new SettlementStore(sql, writeLate);
  const outbox = new Outbox(sql, writeLate);
  const timers = new Timers(storage, { ...timed });
  const approvals = new ApprovalStore(sql, tables);
  const waiters = new Waiters();
  const copies = [
    tables,
    sealing,
    session,
    turns,
    live,
    journal,
    messages,
    shortened,
    settlements,
    outbox,
    timers,
  ];
  // Each authority that comes in says by its policy whether what is written now is sealed.
  const neighbours = new Neighbours(env, ({ policy }) => sealing.follow(policy.encryption));
  const ask = (principal: Principal) => neighbours.authority(principal);
  const authorities = new Authorities(ask);
  const defer = (task: Promise<unknown>): void => ctx.waitUntil(task);
  return {
    ...{ storage, changes, values, sealing, session, turns, live, journal, messages, settlements },
    ...{ approvals, outbox, timers, neighbours, shortened },
    words: new MessageWords(sql, { messages, values }, tables),
    window: { value: windowWithin(DEFAULT_WINDOW, DEFAULT_TURN_LIMITS) },
    summaries: new SummaryJobStore(sql, tables),
    unwritten: new UnwrittenTurn(changes, (lost) => waiters.wake(topicOf.rest(lost))),
    held,
    idempotency: new IdempotencyStore(sql),
    waiters,
    authorities,
    readers: new Readers(authorities, ask),
    leaseMs: readLeaseMs(env.SALLYPORT_LEASE_MS),
    now: () => Date.now(),
    startRun,
    summarise: async (order) => await summariserOf(ctx).summarise(order),
    flush: flushPromptly,
    defer,
  };
}

function readLeaseMs(text: string | undefined): number {
  const leaseMs = Number(text ?? DEFAULT_LEASE_MS);
  return Number.isFinite(leaseMs) ? Math.max(leaseMs, MIN_LEASE_MS) : DEFAULT_LEASE_MS;
}
