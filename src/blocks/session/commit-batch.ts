/**
 * Commits one step of a run: entries, messages, audit events and the lease, in one transaction.
 *
 * @module
 */

import {
  isKnownAgain,
  type JournalBatch,
  type JournalEntry,
  type JournalReceipt,
  type JournalRefusal,
} from '../../core/conversation/journal-entry.ts';
import { toCallKey } from '../../core/conversation/tool-call.ts';
import { Fault } from '../../core/errors/fault.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { followBatch, mayStart } from './change-approvals.ts';
import { announce, closeTurn } from './end-turn.ts';
import type { Lane } from './lane.ts';
import { leaveUnknown } from './leave-calls.ts';
import type { LiveTurn } from './live-turns.ts';
import { toRoundMessages } from './round-messages.ts';
import { liveSession, type SessionParts } from './session-parts.ts';
import { record, transact, writeEntries } from './transact.ts';

type Committed = Result<JournalReceipt, JournalRefusal>;
type StartEntry = Extract<JournalEntry, { kind: 'call-started' }>;
type FailEntry = Extract<JournalEntry, { kind: 'turn-failed' }>;

/** What may still be heard from a run that was stopped. */
const LAST_WORDS: ReadonlySet<JournalEntry['kind']> = new Set(['call-finished', 'turn-failed']);

/** Ends of turns are on the record already when a stopped run reports them. */
const END_ACTIONS: ReadonlySet<string> = new Set([
  'turn-finished',
  'turn-failed',
  'turn-cancelled',
]);

/**
 * Commits a batch, or says why not. A batch that is committed already, sent again because its answer
 * was lost, is answered as it was the first time and written once.
 *
 * @throws Fault `internal` if the batch breaks the grammar of the journal; nothing is written then.
 */
export function commitBatch(parts: SessionParts, lane: Lane, batch: JournalBatch): Committed {
  const held = holdBatch(parts, lane, batch);
  if (held !== undefined) return held;
  // What is held goes to disk with it.
  const committed = parts.unwritten.writeWith(() => commit(parts, lane, batch));
  if (!committed.ok) return committed;
  const { receipt, changed } = committed.value;
  if (changed !== undefined) tell(parts, lane, { turn: changed, batch });
  return ok(receipt);
}

/** `changed`: the turn, unless it held the batch already. */
type Written = Result<
  { readonly receipt: JournalReceipt; readonly changed?: LiveTurn },
  JournalRefusal
>;

function commit(parts: SessionParts, lane: Lane, batch: JournalBatch): Written {
  const receipt = toReceipt(batch);
  const turn = lane.holderAt(batch.turnId, batch.epoch);
  if (turn === undefined) {
    const refusal = answerStoppedRun(parts, batch);
    return refusal === undefined ? ok({ receipt }) : err(refusal);
  }
  const refusal = refuseStarts(parts, batch);
  if (refusal !== undefined) return err(refusal);
  if (isRepeated(turn, batch)) return ok({ receipt });
  // What its run was told of approvals holds no more: the next one is told anew.
  if (!mayStart(parts, turn, startsOf(batch))) return err('lease_lost');
  transact(parts, () => writeBatch(parts, lane, { turn, batch }));
  return ok({ receipt, changed: turn });
}

function tell(parts: SessionParts, lane: Lane, { turn, batch }: Write): void {
  announce(parts, turn);
  leaveUnknown(parts, turn, batch.entries);
  if (turn.progress.end !== undefined) lane.next();
  else if (turn.row.status === 'waiting') parts.flush('now');
  else if (batch.audit.length > 0) parts.flush('in-turn');
}

const MAY_WAIT: ReadonlySet<JournalEntry['kind']> = new Set([
  'reply',
  'call-started',
  'call-denied',
  'call-finished',
  'round-finished',
]);

/**
 * Whether a batch may go to disk with a later one. Its turn is not known to anybody yet, and a call of
 * the Wasm tier has no effect but through its host, which asks this session first: then all that is held
 * is written before it is granted anything.
 */
function mayWait({ unwritten, session }: SessionParts, batch: JournalBatch): boolean {
  if (!unwritten.isAbout(batch.turnId) || session.live() === undefined) return false;
  const { entries, left } = batch;
  return left === undefined && entries.length > 0 && entries.every(hasNoEffect);
}

function hasNoEffect(entry: JournalEntry): boolean {
  if (entry.kind !== 'call-started') return MAY_WAIT.has(entry.kind);
  return entry.claims.tier === 'wasm' && entry.approval === undefined;
}

/**
 * Its answer, if it is held; nothing where it must be written now. It is decided once: what has changed
 * by the time it is written comes after it.
 */
function holdBatch(parts: SessionParts, lane: Lane, batch: JournalBatch): Committed | undefined {
  if (!mayWait(parts, batch)) return undefined;
  const refusal = refuseStarts(parts, batch);
  if (refusal !== undefined) return err(refusal);
  const write = (): void => {
    const turn = lane.holderAt(batch.turnId, batch.epoch);
    if (turn === undefined) {
      throw new Fault('internal', 'Cannot journal what was held: its turn must have the lane');
    }
    if (!isRepeated(turn, batch)) writeBatch(parts, lane, { turn, batch });
  };
  const isHeld = parts.unwritten.holdStep(batch.entries, write) === 'held';
  return isHeld ? ok(toReceipt(batch)) : undefined;
}

/** Whether it holds what must be decided under the newest revision: starts, and questions to humans. */
function isOfThePresent({ entries }: JournalBatch): boolean {
  return entries.some(({ kind }) => kind === 'call-started' || kind === 'approval-needed');
}

function startsOf({ entries }: JournalBatch): StartEntry[] {
  return entries.filter((entry) => entry.kind === 'call-started');
}

function toReceipt(batch: JournalBatch): JournalReceipt {
  const { turnId, epoch, revision } = batch;
  return { turnId, epoch, revision, startedCalls: startsOf(batch).map(toKey) };
}

function toKey({ claims }: StartEntry): string {
  return claims.callKey;
}

interface Write {
  readonly turn: LiveTurn;
  readonly batch: JournalBatch;
}

function writeBatch(parts: SessionParts, lane: Lane, { turn, batch }: Write): void {
  const { row, progress } = turn;
  writeEntries(parts, turn, batch.entries);
  const messages = batch.entries.flatMap((entry) => {
    const round = entry.kind === 'round-finished' && progress.rounds.get(entry.round);
    return round ? toRoundMessages(row.facts, round) : [];
  });
  parts.messages.append(messages, { turn: row.seq, kind: 'round' });
  record(parts, batch.audit);
  followBatch(parts, turn, batch.entries);
  if (progress.end !== undefined) closeTurn(parts, turn, parts.now());
  else if (batch.entries.some(({ kind }) => kind === 'turn-waiting')) lane.letGo(turn);
  else lane.renewLease(turn);
}

/** Whether every entry of which one can tell is there already. A batch is there whole or not at all. */
function isRepeated({ progress }: LiveTurn, { entries }: JournalBatch): boolean {
  const tellable = entries.filter(isKnownAgain);
  return tellable.length > 0 && tellable.every((entry) => progress.holds(entry));
}

function refuseStarts(parts: SessionParts, batch: JournalBatch): JournalRefusal | undefined {
  if (batch.thenAsks && isStale(parts, batch)) return 'authority_stale';
  const refusal = isOfThePresent(batch) ? refusePresent(parts, batch) : undefined;
  if (refusal === undefined)
    for (const start of startsOf(batch)) requireOwnClaims(parts, batch, start);
  return refusal;
}

function refusePresent(parts: SessionParts, batch: JournalBatch): JournalRefusal | undefined {
  if (isStale(parts, batch)) return 'authority_stale';
  if (!parts.outbox.isBlocked(parts.now())) return undefined;
  parts.flush('now');
  return 'audit_unavailable';
}

function isStale(parts: SessionParts, { revision }: JournalBatch): boolean {
  return revision < liveSession(parts).revision;
}

/** The run is not, or no longer, the one that may write; nothing if it has written just this. */
function answerStoppedRun(parts: SessionParts, batch: JournalBatch): JournalRefusal | undefined {
  if (parts.session.live() === undefined) {
    if (parts.session.row() !== undefined) hearLastWords(parts, batch);
    return 'cancelled';
  }
  const turn = parts.live.find(batch.turnId);
  if (turn?.row.epoch === batch.epoch && turn.progress.end !== undefined) {
    // Its own last batch, sent again.
    if (toLastWords(batch) === undefined && isRepeated(turn, batch)) return undefined;
    hearLastWords(parts, batch);
  }
  return turn?.row.status === 'cancelled' ? 'cancelled' : 'lease_lost';
}

/**
 * The turn was ended under its run. What the run still reports changes neither journal nor history,
 * but what it has cost is settled, and what became of its calls goes on the record. It says so once, in its
 * last words: they repeat what was refused before them.
 */
function hearLastWords(parts: SessionParts, batch: JournalBatch): void {
  const end = toLastWords(batch);
  // Those that were heard are sent again where their answer was lost.
  if (end === undefined || parts.settlements.isCorrected(batch.turnId)) return;
  transact(parts, () => {
    record(
      parts,
      batch.audit.filter(({ action }) => !END_ACTIONS.has(action)),
    );
    parts.settlements.correct(batch.turnId, end.usage);
  });
  parts.flush('now');
}

/** The end that a stopped run names, if these are its last words: no run ends its own turn as cancelled. */
function toLastWords({ entries }: JournalBatch): FailEntry | undefined {
  if (!entries.every(({ kind }) => LAST_WORDS.has(kind))) return undefined;
  return entries.find(
    (entry): entry is FailEntry => entry.kind === 'turn-failed' && entry.code === 'cancelled',
  );
}

/** A receipt is proof for a ticket, so the claims must be of this very call and run. */
function requireOwnClaims(
  parts: SessionParts,
  batch: JournalBatch,
  { claims, round, index, tool }: StartEntry,
): void {
  const { id, workspace } = liveSession(parts).facts;
  const isOwn =
    claims.callKey === toCallKey({ turnId: batch.turnId, round, index }) &&
    claims.session === id &&
    claims.workspace === workspace &&
    claims.epoch === batch.epoch &&
    claims.revision === batch.revision &&
    claims.tool === tool;
  if (!isOwn) throw new Fault('internal', 'Cannot start a call: its claims must name it');
}
