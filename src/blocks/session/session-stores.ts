/**
 * What a session keeps on disk: a store for each kind of thing.
 *
 * @module
 */

import { ChunkedValues } from '../kit/chunked-values.ts';
import { Outbox } from '../kit/outbox.ts';
import type { Sealing } from '../kit/sealing.ts';
import type { Tables } from '../kit/tables.ts';
import { ApprovalStore } from './approval-store.ts';
import { IdempotencyStore } from './idempotency-store.ts';
import { JournalStore } from './journal-store.ts';
import { LiveTurns } from './live-turns.ts';
import { MessageStore } from './message-store.ts';
import { MessageWords } from './message-words.ts';
import { SessionStore } from './session-store.ts';
import { SettlementStore } from './settlement-store.ts';
import { ShortenedStore } from './shortened-store.ts';
import { SummaryJobStore } from './summary-job-store.ts';
import { TurnStore } from './turn-store.ts';

export type SessionStores = ReturnType<typeof openStores>;

interface Ground {
  readonly sql: SqlStorage;
  readonly tables: Tables;
  readonly sealing: Sealing;
  readonly writeLate: (write: () => void) => void;
}

/** Touches no storage. */
export function openStores({ sql, tables, sealing, writeLate }: Ground) {
  const values = new ChunkedValues(sql, undefined, sealing);
  const turns = new TurnStore(sql, values);
  const journal = new JournalStore(sql, values);
  const messages = new MessageStore(sql, values);
  return {
    ...{ values, turns, journal, messages },
    session: new SessionStore(sql, values),
    live: new LiveTurns(turns, journal),
    words: new MessageWords(sql, { messages, values }, tables),
    shortened: new ShortenedStore(sql, values, tables),
    summaries: new SummaryJobStore(sql, tables),
    idempotency: new IdempotencyStore(sql),
    settlements: new SettlementStore(sql, writeLate),
    approvals: new ApprovalStore(sql, tables),
    outbox: new Outbox(sql, writeLate),
  } as const;
}

/** What they remember of their rows is read again when it is needed. */
export function forgetRows(stores: SessionStores): void {
  for (const store of Object.values(stores)) if ('forget' in store) store.forget();
}
