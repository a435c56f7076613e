/**
 * Puts the parts of a block together. Wiring only.
 *
 * @module
 */

import { issueBlockId, type KeyedHash, readBlockId } from '../../core/primitives/ids.ts';
import { workspaceAround } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Changes } from '../kit/changes.ts';
import { ChunkedValues } from '../kit/chunked-values.ts';
import { keyedHash, randomHex } from '../kit/keys.ts';
import { MailboxStore } from '../kit/mailbox-store.ts';
import { Outbox } from '../kit/outbox.ts';
import { PairStore } from '../kit/pair-store.ts';
import { RelationStore } from '../kit/relation-store.ts';
import { Sealing } from '../kit/sealing.ts';
import { Tables } from '../kit/tables.ts';
import { Timers } from '../kit/timers.ts';
import { Waiters } from '../kit/waiters.ts';
import { AuthorityOnLoan } from './authority-on-loan.ts';
import type { BlockParts } from './block-parts.ts';
import { FactsStore } from './facts-store.ts';
import { KnownIdStore } from './known-id-store.ts';
import { leaseAuthority } from './neighbours.ts';
import { Pace } from './pace.ts';

export interface BlockTasks {
  readonly forget: () => Promise<void>;
  readonly supervise: () => Promise<void>;
  readonly inherit: () => Promise<void>;
  readonly 'user-timers': () => Promise<void>;
  readonly process: () => Promise<void>;
  readonly push: () => Promise<void>;
  readonly requests: () => Promise<void>;
  readonly promptly: () => void;
}

export function assembleBlock(
  ctx: DurableObjectState,
  env: BlockBindings,
  { promptly, ...timed }: BlockTasks,
): BlockParts {
  const { storage } = ctx;
  const { sql } = storage;
  const tables = new Tables(sql);
  const sealing = new Sealing({ env, ctx, tables, kind: 'block' });
  const chunks = new ChunkedValues(sql, tables, sealing);
  const changes = new Changes(storage, {
    forgetMemory: () => {
      for (const copy of copies) copy.forget();
    },
    // Whatever is late was owed before, and what is owed has an alarm.
    late: 'when-asked',
    flush: () => pairs.flush(),
  });
  const writeLate = (write: () => void): void => changes.writeLate(write);
  const facts = new FactsStore(sql, tables, chunks);
  const mailbox = new MailboxStore({ sql, tables, chunks });
  const pairs = new PairStore({ sql, tables, chunks, writeLate });
  const relations = new RelationStore(sql, tables);
  const outbox = new Outbox(sql, writeLate);
  const timers = new Timers(storage, timed, tables);
  const knownIds = new KnownIdStore(sql, tables);
  const copies = [tables, sealing, facts, mailbox, pairs, relations, outbox, timers, knownIds];
  const authority = new AuthorityOnLoan(() => Date.now());
  const idHash = lazyHash(env.SALLYPORT_MASTER_KEY);
  return {
    ...{ storage, changes, tables, sealing, facts, mailbox, pairs, relations, outbox, timers },
    ...{ values: chunks, knownIds },
    waiters: new Waiters(),
    pace: new Pace(),
    now: () => Date.now(),
    newBlockId: () => issueBlockId(workspaceAround(ctx), randomHex(16), idHash),
    readBlockId: (text) => readBlockId(workspaceAround(ctx), text, idHash),
    newId: (prefix) => `${prefix}_${randomHex(16)}`,
    creatorAuthority: ({ order }) =>
      authority.read(async () => {
        const leased = await leaseAuthority(env, order.blockId, order.creator);
        if (leased.authority) await sealing.follow(leased.authority.policy.encryption);
        return leased;
      }),
    hearRevision: (revision) => authority.hear(revision),
    flush: promptly,
    defer: (task) => ctx.waitUntil(task),
  };
}

/** Few blocks have children, and a key takes a while to derive. */
function lazyHash(masterKey: string): KeyedHash {
  let hash: KeyedHash | undefined;
  return (text) => {
    hash ??= keyedHash(masterKey, 'block-ids');
    return hash(text);
  };
}
