/**
 * Tells the sessions with a live turn, the blocks that hold an authority on loan, and the nodes, that a new
 * revision exists, before it is acknowledged. A session asks in return whether its turn may go on, and what
 * of it.
 *
 * A session that cannot be reached is waited for briefly, and told again by a timer until it has
 * heard or its turn is over. Meanwhile its turn cannot get far: each commit goes through that same
 * session, and whoever starts it again asks the workspace for the newest authority first.
 *
 * @module
 */

import { atMost, inParallel } from '../kit/in-parallel.ts';
import type { Announcement } from './announcement-store.ts';
import { raiseRevision, transact, type WorkspaceParts } from './workspace-parts.ts';

/** Longest that a change waits for sessions before it is acknowledged, in milliseconds. */
const WAIT_MS = 3_000;

/** When the sessions that did not answer are told again, in milliseconds. */
const RETRY_MS = 2_000;

/** Sessions told at the same time. */
const PARALLEL = 32;

/** Resolves when nobody goes by an older revision: see the two functions below. Never rejects. */
export async function announceRevision(parts: WorkspaceParts): Promise<void> {
  const { revision } = parts.workspace.row();
  await Promise.all([tellSessions(parts), tellNodes(parts), parts.leases.recall(revision)]);
}

/** For a change that is not the workspace's own: everybody asks again what they may do. */
export async function announceNewRevision(parts: WorkspaceParts): Promise<void> {
  transact(parts, () => raiseRevision(parts));
  await announceRevision(parts);
}

/** Resolves when every session has heard, or {@link WAIT_MS} have passed. */
async function tellSessions(parts: WorkspaceParts): Promise<void> {
  const pending = parts.announcements.pending();
  if (pending.length === 0) return;
  parts.timers.set('announce', parts.now() + WAIT_MS + RETRY_MS);
  await atMost(WAIT_MS, tellAll(parts, pending));
}

/** What machines keep from earlier calls ends. Those that cannot be told keep it for as long as they may. */
function tellNodes(parts: WorkspaceParts): Promise<void> {
  return atMost(
    WAIT_MS,
    parts.tellNodes().catch(() => {}),
  );
}

/** The `announce` timer: throws while anybody has still not heard, so that it is tried again. */
export async function announceAgain(parts: WorkspaceParts): Promise<void> {
  parts.announcements.keepOnly(new Set(parts.turns.liveSessions()));
  await tellAll(parts, parts.announcements.pending());
  const unheard = parts.announcements.pending().length;
  if (unheard > 0) throw new Error(`${unheard} sessions have not heard of a revision`);
}

async function tellAll(
  parts: WorkspaceParts,
  announcements: readonly Announcement[],
): Promise<void> {
  await inParallel([...announcements], {
    parallel: PARALLEL,
    perform: (announcement) => tell(parts, announcement),
  });
  if (parts.announcements.pending().length === 0) parts.timers.clear('announce');
}

async function tell(parts: WorkspaceParts, announcement: Announcement): Promise<void> {
  try {
    await parts.tellSession(announcement.sessionId, announcement.revision);
    parts.announcements.heard(announcement);
  } catch (thrown) {
    const name = thrown instanceof Error ? thrown.name : 'error';
    console.error(`session did not hear of revision ${announcement.revision} (${name})`);
  }
}
