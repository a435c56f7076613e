/**
 * The index of a workspace's approvals: what sessions have said, found again by state and session.
 *
 * It holds nothing of what the calls would do, and decides nothing. One that is over is kept for
 * {@link KEEP_MS}.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import {
  type ApprovalState,
  type ApprovalSummary,
  isOpen,
} from '../../core/policy/approval-state.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { ApprovalNews, ApprovalPage, ApprovalQuery, ApprovalsApi } from './approvals-api.ts';

/** How long an approval is listed after it was asked for, in milliseconds. */
const KEEP_MS = 30 * 86_400_000;

type StoredApproval = { seq: number; summary: string };

export class ApprovalsBlock extends DurableObject<BlockBindings> implements ApprovalsApi {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS approvals (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
        session_id TEXT NOT NULL, state TEXT NOT NULL, asked_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL, summary TEXT NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS approvals_of_session ON approvals (session_id);
      CREATE INDEX IF NOT EXISTS approvals_in_state ON approvals (state);
      CREATE INDEX IF NOT EXISTS approvals_by_age ON approvals (asked_at);
    `);
  }

  async hear(news: readonly ApprovalNews[]): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      for (const { summary, version } of news) this.#write(summary, version);
      this.#sql.exec('DELETE FROM approvals WHERE asked_at < ?', Date.now() - KEEP_MS);
    });
  }

  async list({ state, sessionId, after, limit }: ApprovalQuery): Promise<ApprovalPage> {
    const now = Date.now();
    // One term for each that is asked for: a term that may stand for none keeps indexes from being used.
    const terms: readonly Term[] = [
      ['seq > ?', after],
      ...(sessionId === undefined ? [] : [['session_id = ?', sessionId] as const]),
      ...(state === undefined ? [] : [toTerm(state, now)]),
    ];
    const rows = this.#sql
      .exec<StoredApproval>(
        `SELECT seq, summary FROM approvals
         WHERE ${terms.map(([condition]) => condition).join(' AND ')} ORDER BY seq LIMIT ?`,
        ...terms.flatMap(([, ...values]) => values),
        limit,
      )
      .toArray();
    const approvals = rows.map(({ summary }) => asOf(JSON.parse(summary), now));
    const last = rows.at(-1);
    return { approvals, ...(last && rows.length === limit && { next: last.seq }) };
  }

  #write(summary: ApprovalSummary, version: number): void {
    this.#sql.exec(
      `INSERT INTO approvals (id, version, session_id, state, asked_at, expires_at, summary)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state,
         expires_at = excluded.expires_at, summary = excluded.summary
       WHERE excluded.version > version`,
      summary.id,
      version,
      summary.sessionId,
      summary.state,
      summary.askedAt,
      summary.expiresAt,
      JSON.stringify(summary),
    );
  }
}

type Term = readonly [condition: string, ...values: (string | number)[]];

/** The state as it is now, which is not always as the session has said it. */
function toTerm(state: ApprovalState, now: number): Term {
  if (isOpen(state)) return ['state = ? AND expires_at > ?', state, now];
  if (state !== 'expired') return ['state = ?', state];
  const isLate = "state IN ('pending', 'approved') AND expires_at <= ?";
  return [`(state = 'expired' OR ${isLate})`, now];
}

/** A session says so a moment after the time is over; whoever asks need not wait for it. */
function asOf(summary: ApprovalSummary, now: number): ApprovalSummary {
  const isOver = isOpen(summary.state) && summary.expiresAt <= now;
  return isOver ? { ...summary, state: 'expired' } : summary;
}
