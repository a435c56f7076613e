/**
 * Journals what a tier says of a call on its way, so that clients see it. A plugin wrote it: it is
 * looked through like a result, and what the workspace's policy would block is not shown.
 *
 * @module
 */

import { checkContent } from '../core/checks/result-content.ts';
import type { CallRef } from '../core/conversation/call-ref.ts';
import { commitDeferred, commitSoon } from './commit-step.ts';
import type { StartedCall } from './decide-calls.ts';
import { knownAfter } from './known-after.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

/** Most lines of one call; further ones are dropped. */
export const MAX_PROGRESS_LINES = 100;

/** Least time between two of them, in milliseconds: of what comes in between the latest counts. */
const PAUSE_MS = 200;

const MAX_LINE_CHARS = 1_024;

/** Answers what ends it: nothing is journaled of a call that is over. */
export function reportProgress(
  state: TurnState,
  round: number,
  { index, call }: StartedCall,
): () => void {
  const { claims } = call;
  const { callKey, tool } = claims;
  const over = new AbortController();
  let left = MAX_PROGRESS_LINES;
  let latest: string | undefined;
  let isPausing = false;
  const write = async (): Promise<void> => {
    isPausing = true;
    while (latest !== undefined && left > 0 && !over.signal.aborted) {
      const text = latest;
      latest = undefined;
      left -= 1;
      const line = { call: { round, index, tool }, claims, written: text, over: over.signal };
      await journal(state, line);
      await state.ports.sleep(PAUSE_MS, over.signal);
    }
    isPausing = false;
  };
  const forget = state.ports.tiers.hearProgress?.(callKey, (text) => {
    if (typeof text === 'string') latest = text;
    if (!isPausing) void write();
  });
  return () => {
    // Without a reason each abort would make an exception, stack and all.
    over.abort('over');
    forget?.();
  };
}

interface Line {
  readonly call: CallRef;
  readonly claims: StartedCall['call']['claims'];
  readonly written: string;
  readonly over: AbortSignal;
}

async function journal(state: TurnState, { call, over, ...line }: Line): Promise<void> {
  const text = await inspect(state, line);
  if (text === undefined || text === '' || over.aborted || state.watch.signal.aborted) return;
  commitSoon(state, { entries: [{ kind: 'call-progress', ...call, text }], audit: [] });
  commitDeferred(state);
}

async function inspect(
  state: TurnState,
  { claims, written }: Pick<Line, 'claims' | 'written'>,
): Promise<string | undefined> {
  const text = written.slice(0, MAX_LINE_CHARS).toWellFormed().replaceAll('\0', '');
  const { policy } = presentAuthority(state);
  const sized = { text, keptUnits: text.length };
  try {
    const known = await knownAfter(state, claims);
    const inspected = checkContent(sized, { policy, ...(known && { known }) });
    return inspected.ok ? inspected.value.content : undefined;
  } catch {
    return undefined;
  }
}
