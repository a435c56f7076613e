/**
 * Puts the parts of a workspace block together. Wiring only.
 *
 * @module
 */

import { DEPLOYMENT_AUDIT, workspaceOf } from '../kit/address.ts';
import { appendToChain } from '../kit/append-to-chain.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Changes } from '../kit/changes.ts';
import { timeout } from '../kit/in-parallel.ts';
import { Outbox } from '../kit/outbox.ts';
import { Sealing } from '../kit/sealing.ts';
import { Tables } from '../kit/tables.ts';
import { Timers } from '../kit/timers.ts';
import { openBlock } from '../user/block-client.ts';
import { Authorities } from './authorities.ts';
import { AuthorityLeases } from './authority-leases.ts';
import { DenialPace } from './denial-pace.ts';
import { neighboursOf } from './neighbours.ts';
import { SummaryPlaces } from './summary-places.ts';
import type { WorkspaceParts } from './workspace-parts.ts';
import { createTables, forgetRows, openStores } from './workspace-stores.ts';

/** The name under which a workspace's own outbox stands in its chain. */
const SOURCE = 'workspace';

/** What is done when a timer is due. */
export interface WorkspaceTasks {
  readonly announce: () => Promise<void>;
  readonly sweep: () => Promise<void>;
  readonly erase: () => Promise<void>;
  readonly depart: () => Promise<void>;
  readonly withdraw: () => Promise<void>;
  readonly sessions: () => Promise<void>;
}

export interface Assembled {
  readonly parts: WorkspaceParts;
  /** Part of a transaction. */
  readonly createTables: () => void;
  /** The tables of an object that only passes events on. */
  readonly createOutbox: () => void;
}

/** The object's name is a workspace's id, or that of the deployment. */
export function assembleParts(
  ctx: DurableObjectState,
  env: BlockBindings,
  tasks: WorkspaceTasks,
): Assembled {
  const { storage } = ctx;
  const { sql } = storage;
  const sealing = new Sealing({ env, ctx, tables: new Tables(sql), kind: 'workspace' });
  const stores = openStores(sql, sealing);
  const authorities = new Authorities(() => workspaceOf(ctx), stores);
  const outbox = new Outbox(sql);
  const drain = drainOf(outbox, ctx, env);
  const timers = new Timers(storage, { ...tasks, flush: drain });
  const changes = new Changes(storage, {
    forgetMemory: () => {
      forgetRows(stores);
      for (const copy of [sealing, authorities, outbox, timers]) copy.forget();
    },
    flush: () => stores.reserves.flush(),
  });
  const parts: WorkspaceParts = {
    ...stores,
    ...neighboursOf(ctx, env),
    ...{ changes, sealing, outbox, timers, authorities },
    leases: leasesOf(ctx, env),
    summaryPlaces: new SummaryPlaces(),
    denialPace: new DenialPace(),
    now: () => Date.now(),
    flush: () => ctx.waitUntil(drain().catch(() => {})), // the timer sends what this could not
  };
  const createOutbox = (): void => {
    outbox.createTable();
    timers.createTable();
  };
  return {
    parts,
    createTables: () => {
      createOutbox();
      createTables(stores);
    },
    createOutbox,
  };
}

function drainOf(outbox: Outbox, ctx: DurableObjectState, env: BlockBindings): () => Promise<void> {
  return () => {
    const chain = ctx.id.name === DEPLOYMENT_AUDIT ? ctx.id.name : workspaceOf(ctx);
    return outbox.drain(appendToChain(env, chain, SOURCE));
  };
}

function leasesOf(ctx: DurableObjectState, env: BlockBindings): AuthorityLeases {
  return new AuthorityLeases({
    sql: ctx.storage.sql,
    now: () => Date.now(),
    timeout,
    tellBlock: (block, revision) =>
      openBlock(env, workspaceOf(ctx), block).again((api) => api.authorityChanged(revision)),
  });
}
