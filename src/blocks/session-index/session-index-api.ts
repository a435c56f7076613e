/**
 * The sessions of a workspace, listed and counted. What is in them, and whether they are still there,
 * is known to themselves alone.
 *
 * @module
 */

import type { NoRoom } from '../../core/policy/room.ts';
import type { SessionPolicy } from '../../core/policy/session-policy.ts';

/** What is told of a session without asking it. */
export interface ListedSession {
  readonly id: string;
  readonly createdAt: number;
  /** `kind:id`. */
  readonly createdBy: string;
  readonly title?: string;
  readonly model?: string;
}

export interface SessionQuery {
  /** `kind:id`; absent: of everybody. */
  readonly createdBy?: string;
  /** The `next` of the page before. */
  readonly after?: number;
  readonly limit: number;
}

export interface SessionPage {
  /** Those that were listed last come first. */
  readonly sessions: readonly ListedSession[];
  readonly next?: number;
}

export interface SessionIndexApi {
  /**
   * Gives a session that is about to be made its place. If it is not there a minute later, the place is
   * free again: whoever made it need not come back.
   */
  reserve(session: ListedSession): Promise<'reserved' | NoRoom>;
  /** For one that is there already: lists it, however many there are. */
  hear(session: ListedSession): Promise<void>;
  /** Also for one that is not listed. */
  remove(id: string): Promise<void>;
  list(query: SessionQuery): Promise<SessionPage>;
  /** From the workspace: goes by this from now on, unless a later revision has said something else. */
  follow(policy: SessionPolicy, revision: number): Promise<void>;
}
