/**
 * Puts the parts of a session block together. Wiring only.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Changes } from '../kit/changes.ts';
import { ChunkedValues } from '../kit/chunked-values.ts';
import { Outbox } from '../kit/outbox.ts';
import { Timers } from '../kit/timers.ts';
import { Waiters } from '../kit/waiters.ts';
import { ApprovalStore } from './approval-store.ts';
import { Authorities } from './authorities.ts';
import { HeldSlice } from './held-slice.ts';
import { IdempotencyStore } from './idempotency-store.ts';
import { JournalStore } from './journal-store.ts';
import { LiveTurns } from './live-turns.ts';
import { MessageStore } from './message-store.ts';
import { Neighbours } from './neighbours.ts';
import type { SessionParts } from './session-parts.ts';
import { SessionStore } from './session-store.ts';
import { SettlementStore } from './settlement-store.ts';
import { handOver, type RunRef } from './turn-client.ts';
import { TurnStore } from './turn-store.ts';
import { UnwrittenTurn } from './unwritten-turn.ts';

const DEFAULT_LEASE_MS = 15_000;

/** Shorter leases lapse under a run that is merely slow. */
const MIN_LEASE_MS = 200;

/** The entrypoint of the gateway that runs turns; see `gateway/turn-runner.ts`. */
interface TurnRunnerExports {
  readonly TurnRunner?: { run(ref: RunRef): Promise<void> };
}

/** What the parts call back when a timer is due, or something is to be sent. */
export interface SessionTasks {
  readonly turn: () => Promise<void>;
  readonly flush: () => Promise<void>;
  readonly expire: () => Promise<void>;
  readonly approvals: () => Promise<void>;
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
  const session = new SessionStore(sql);
  const turns = new TurnStore(sql, values);
  const journal = new JournalStore(sql, values);
  const live = new LiveTurns(turns, journal);
  const messages = new MessageStore(sql, values);
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
  const approvals = new ApprovalStore(sql);
  const copies = [approvals, session, turns, live, journal, messages, settlements, outbox, timers];
  const neighbours = new Neighbours(env);
  const defer = (task: Promise<unknown>): void => ctx.waitUntil(task);
  return {
    ...{ storage, changes, values, session, turns, live, journal, messages, settlements },
    ...{ approvals, outbox, timers, neighbours },
    unwritten: new UnwrittenTurn(changes),
    held,
    idempotency: new IdempotencyStore(sql),
    waiters: new Waiters(),
    authorities: new Authorities((principal) => neighbours.authority(principal)),
    leaseMs: readLeaseMs(env.SALLYPORT_LEASE_MS),
    now: () => Date.now(),
    startRun: async (turn) => {
      const { TurnRunner } = ctx.exports as unknown as TurnRunnerExports;
      if (TurnRunner === undefined) throw new Fault('internal', 'Cannot run turns: no TurnRunner');
      await TurnRunner.run(handOver(turn));
    },
    flush: flushPromptly,
    defer,
  };
}

function readLeaseMs(text: string | undefined): number {
  const leaseMs = Number(text ?? DEFAULT_LEASE_MS);
  return Number.isFinite(leaseMs) ? Math.max(leaseMs, MIN_LEASE_MS) : DEFAULT_LEASE_MS;
}
