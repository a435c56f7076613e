/**
 * The id of a task: a session and a turn of it. Since a session's id holds a keyed check, an id that was
 * never issued here reaches no object.
 *
 * @module
 */

import type { SessionId, TurnId } from '../../core/primitives/ids.ts';

const TASK = /^task_([0-9a-f]{44})([0-9a-f]{32})$/;

export function toTaskId(sessionId: SessionId, turnId: TurnId): string {
  return `task_${sessionId.slice('ses_'.length)}${turnId.slice('turn_'.length)}`;
}

/** As the paths of sessions and turns name them; nothing is known of whether they exist. */
export function splitTaskId(
  text: string,
): { readonly id: string; readonly turn: string } | undefined {
  const [, session, turn] = TASK.exec(text) ?? [];
  return session === undefined ? undefined : { id: `ses_${session}`, turn: `turn_${turn}` };
}
