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
import { Sealing } from '../kit/sealing.ts';
import { summariserOf } from '../kit/summariser.ts';
import { Tables } from '../kit/tables.ts';
import { Timers } from '../kit/timers.ts';
import { Waiters } from '../kit/waiters.ts';
import { Authorities } from './authorities.ts';
import { HeldSlice } from './held-slice.ts';
import { Neighbours } from './neighbours.ts';
import { Readers } from './readers.ts';
import { type SessionParts, topicOf } from './session-parts.ts';
import { forgetRows, openStores } from './session-stores.ts';
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
  const stores = openStores({
    ...{ sql, tables, sealing },
    writeLate: (write) => changes.writeLate(write),
  });
  const timers = new Timers(storage, { ...timed });
  const held = new HeldSlice();
  const changes = new Changes(storage, {
    forgetMemory: () => {
      for (const copy of [tables, sealing, timers]) copy.forget();
      forgetRows(stores);
      held.release();
    },
    flush: () => {
      stores.journal.flush();
      stores.outbox.flush(Date.now());
    },
  });
  const waiters = new Waiters();
  // Each authority that comes in says by its policy whether what is written now is sealed.
  const neighbours = new Neighbours(env, ({ policy }) => sealing.follow(policy.encryption));
  const ask = (principal: Principal) => neighbours.authority(principal);
  const authorities = new Authorities(ask);
  return {
    ...stores,
    ...{ storage, changes, sealing, timers, held, waiters, neighbours, authorities, startRun },
    unwritten: new UnwrittenTurn(changes, (lost) => waiters.wake(topicOf.rest(lost))),
    window: { value: windowWithin(DEFAULT_WINDOW, DEFAULT_TURN_LIMITS) },
    readers: new Readers(authorities, ask),
    leaseMs: readLeaseMs(env.SALLYPORT_LEASE_MS),
    now: () => Date.now(),
    summarise: async (order) => await summariserOf(ctx).summarise(order),
    flush: flushPromptly,
    defer: (task) => ctx.waitUntil(task),
  };
}

function readLeaseMs(text: string | undefined): number {
  const leaseMs = Number(text ?? DEFAULT_LEASE_MS);
  return Number.isFinite(leaseMs) ? Math.max(leaseMs, MIN_LEASE_MS) : DEFAULT_LEASE_MS;
}
