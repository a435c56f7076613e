/**
 * Puts the parts of a session block together. Wiring only.
 *
 * @module
 */

import type { Turn } from '../../core/conversation/turn.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { ChunkedValues } from '../kit/chunked-values.ts';
import { Outbox } from '../kit/outbox.ts';
import { Timers } from '../kit/timers.ts';
import { Waiters } from '../kit/waiters.ts';
import { Authorities } from './authorities.ts';
import { IdempotencyStore } from './idempotency-store.ts';
import { JournalStore } from './journal-store.ts';
import { LiveTurns } from './live-turns.ts';
import { MessageStore } from './message-store.ts';
import { Neighbours } from './neighbours.ts';
import type { SessionParts } from './session-parts.ts';
import { SessionStore } from './session-store.ts';
import { SettlementStore } from './settlement-store.ts';
import { TurnStore } from './turn-store.ts';

const DEFAULT_LEASE_MS = 15_000;

/** Shorter leases lapse under a run that is merely slow. */
const MIN_LEASE_MS = 200;

/** The entrypoint of the gateway that runs turns; see `gateway/turn-runner.ts`. */
interface TurnRunnerExports {
  readonly TurnRunner?: { run(turn: Turn): Promise<void> };
}

/** What the parts call back when a timer is due, or something is to be sent. */
export interface SessionTasks {
  readonly turn: () => Promise<void>;
  readonly flush: () => Promise<void>;
  readonly expire: () => Promise<void>;
  readonly flushPromptly: SessionParts['flush'];
}

export function assembleParts(
  ctx: DurableObjectState,
  env: BlockBindings,
  { flushPromptly, ...timed }: SessionTasks,
): SessionParts {
  const { storage } = ctx;
  const { sql } = storage;
  const values = new ChunkedValues(sql);
  const turns = new TurnStore(sql, values);
  const journal = new JournalStore(sql, values);
  const neighbours = new Neighbours(env);
  const defer = (task: Promise<unknown>): void => ctx.waitUntil(task);
  return {
    storage,
    values,
    session: new SessionStore(sql),
    turns,
    live: new LiveTurns(turns, journal),
    journal,
    messages: new MessageStore(sql, values),
    idempotency: new IdempotencyStore(sql),
    settlements: new SettlementStore(sql),
    outbox: new Outbox(sql),
    timers: new Timers(storage, { ...timed }),
    waiters: new Waiters(),
    authorities: new Authorities((principal) => neighbours.authority(principal)),
    neighbours,
    leaseMs: readLeaseMs(env.SALLYPORT_LEASE_MS),
    now: () => Date.now(),
    startRun: async (turn) => {
      const { TurnRunner } = ctx.exports as unknown as TurnRunnerExports;
      if (TurnRunner === undefined) throw new Fault('internal', 'Cannot run turns: no TurnRunner');
      await TurnRunner.run(turn);
    },
    flush: flushPromptly,
    defer,
  };
}

function readLeaseMs(text: string | undefined): number {
  const leaseMs = Number(text ?? DEFAULT_LEASE_MS);
  return Number.isFinite(leaseMs) ? Math.max(leaseMs, MIN_LEASE_MS) : DEFAULT_LEASE_MS;
}
