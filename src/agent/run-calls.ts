/**
 * Runs the approved calls of a round side by side, and journals how each ended.
 *
 * Calls that end in the same tick, or while a commit is under way, share the next commit; the one
 * that holds the last end closes the round.
 *
 * @module
 */

import type { AuditEvent } from '../core/audit/audit-event.ts';
import type { CallEnd, JournalEntry, JournalReceipt } from '../core/conversation/journal-entry.ts';
import { commitDeferred, commitSoon, commitStep } from './commit-step.ts';
import type { StartedCall } from './decide-calls.ts';
import { reportProgress } from './report-progress.ts';
import { runCall } from './run-call.ts';
import { failed, joinSteps, type RunEnd, type Step, withUnsaid } from './run-end.ts';
import { recordEnd } from './turn-records.ts';
import type { TurnState } from './turn-state.ts';

/** Milliseconds that tiers get after an abort, to say what became of their calls. */
const LAST_WORDS_MS = 100;

export interface EndedCall {
  readonly started: StartedCall;
  readonly end: CallEnd;
}

export interface RoundCalls {
  readonly round: number;
  readonly approved: readonly StartedCall[];
  readonly receipt: JournalReceipt;
  /** What the commit of the last end carries besides. */
  closing(ended: readonly EndedCall[]): Step;
}

/** The calls in the order in which they ended, or why the run goes no further. */
export async function runCalls(
  state: TurnState,
  { round, approved, receipt, closing }: RoundCalls,
): Promise<{ readonly ended: readonly EndedCall[]; readonly stop?: RunEnd }> {
  const ended: EndedCall[] = [];
  const inbox = createInbox();
  for (const started of approved) {
    const endProgress = reportProgress(state, round, started);
    void runCall(state, started, receipt).then((end) => {
      endProgress();
      inbox.put({ started, end });
    });
  }
  while (ended.length < approved.length) {
    await Promise.race([inbox.arrival(), state.watch.aborted]);
    if (state.watch.signal.aborted) {
      const rest = approved.length - ended.length;
      const unsaid = toStep(state, round, await lastWords(state, inbox, rest));
      return { ended, stop: withUnsaid(state.watch.toRunEnd(), unsaid) };
    }
    await endOfTick();
    const arrived = inbox.takeAll();
    ended.push(...arrived);
    const step = toStep(state, round, arrived);
    const isLast = ended.length === approved.length;
    const stop = await commitEnds(state, step, isLast ? closing(ended) : undefined);
    if (stop !== undefined) return { ended, stop };
  }
  return { ended };
}

/** Ends go to the journal while others are waited for, or as the model is asked again. */
async function commitEnds(
  state: TurnState,
  ends: Step,
  closing: Step | undefined,
): Promise<RunEnd | undefined> {
  const isLast = closing !== undefined;
  const step = isLast ? joinSteps(ends, closing) : ends;
  if (!step.entries.some(({ kind }) => kind === 'turn-finished')) {
    commitSoon(state, step);
    if (!isLast) commitDeferred(state);
    return undefined;
  }
  const committed = await commitStep(state, step);
  if (committed.ok) return undefined;
  const { error } = committed;
  // Nothing is started here, so nothing can be stale; and what did happen is still worth saying.
  return withUnsaid(error.kind === 'stale' ? failed('internal') : error, step);
}

async function lastWords(
  { ports }: TurnState,
  inbox: Inbox,
  rest: number,
): Promise<readonly EndedCall[]> {
  const grace = new AbortController();
  const over = ports.sleep(LAST_WORDS_MS, grace.signal).then(() => 'over' as const);
  const heard: EndedCall[] = [...inbox.takeAll()];
  while (heard.length < rest) {
    if ((await Promise.race([inbox.arrival(), over])) === 'over') break;
    heard.push(...inbox.takeAll());
  }
  grace.abort('heard');
  return heard;
}

function toStep(state: TurnState, round: number, calls: readonly EndedCall[]): Step {
  return {
    entries: calls.map(
      ({ started, end }): JournalEntry => ({
        kind: 'call-finished',
        round,
        index: started.index,
        tool: started.call.tool,
        end,
      }),
    ),
    audit: calls.map(({ started, end }): AuditEvent => recordEnd(state, started.call.claims, end)),
  };
}

interface Inbox {
  put(call: EndedCall): void;
  /** Resolves once there is something to take. */
  arrival(): Promise<void>;
  takeAll(): readonly EndedCall[];
}

function createInbox(): Inbox {
  let calls: EndedCall[] = [];
  let waiting = Promise.withResolvers<void>();
  return {
    put(call) {
      calls.push(call);
      waiting.resolve();
    },
    arrival: () => waiting.promise,
    takeAll() {
      const taken = calls;
      calls = [];
      waiting = Promise.withResolvers();
      return taken;
    },
  };
}

/** Lets whatever else has ended by now arrive too. */
async function endOfTick(): Promise<void> {
  for (let turns = 0; turns < 8; turns++) await undefined;
}
