/**
 * Where a turn stands: its journal, folded. Nothing here is stored; a session that lost its memory
 * reads the journal and folds it again.
 *
 * `apply` is also the guard of the journal's grammar. What it refuses with a fault is a mistake of
 * the run, never of a user or model, and undoes the whole batch.
 *
 * @module
 */

import type {
  JournalEntry,
  JournaledCall,
  JournaledRound,
} from '../../core/conversation/journal-entry.ts';
import { addUsage, NO_USAGE, type Usage } from '../../core/conversation/usage.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { ApprovalRequest } from '../../core/policy/approval.ts';
import { type CallProgress, type RoundProgress, toJournaledCall } from './call-progress.ts';
import { countLost } from './lost-reply.ts';
import { type SessionEntry, toEvents } from './session-entry.ts';
import type { Used } from './settlement-store.ts';

type Entry<Kind extends SessionEntry['kind']> = Extract<SessionEntry, { kind: Kind }>;
type CallStart = Entry<'call-started'>;
type CallEntry =
  | CallStart
  | Entry<'call-denied' | 'call-finished' | 'call-handed-over' | 'approval-needed'>;
type CallNote = Entry<'call-went-outward' | 'call-progress'>;
type TurnEnd = Entry<'turn-finished' | 'turn-failed'>;

export class TurnProgress {
  readonly rounds = new Map<number, RoundProgress>();
  /** Text that was sent of replies which are not journaled yet, by round. */
  readonly openTexts = new Map<number, string>();
  end: TurnEnd | undefined;
  #lost: ReturnType<typeof countLost>;
  /** What it had used when it left the reservation of an earlier turn. */
  beforeLeaving: Used | undefined;
  /** What humans were asked, by hash: only where there is one the session has approvals of the turn. */
  readonly requests = new Map<string, ApprovalRequest>();

  /**
   * Takes an entry in and answers how many events it shows.
   *
   * @throws Fault `internal` if the entry cannot follow what is there.
   */
  apply(entry: SessionEntry): number {
    if (this.end !== undefined) throw misplaced(entry.kind, 'a turn that has not ended');
    const isAgain = entry.kind === 'call-started' && this.#startCall(entry) === 'again';
    if (entry.kind !== 'call-started') this.#take(entry);
    return isAgain ? 0 : toEvents(entry).length;
  }

  /**
   * Whether this very entry is in the journal already. Two texts may well be equal, so of `text` and
   * `round-restarted` nobody can say.
   */
  holds(entry: JournalEntry): boolean {
    switch (entry.kind) {
      case 'text':
      case 'round-restarted':
      case 'call-progress':
      case 'turn-waiting':
        return false;
      case 'turn-finished':
      case 'turn-failed':
        return isSame(this.end, entry);
      case 'reply':
        return isSame(this.rounds.get(entry.round)?.message, entry.message);
      case 'round-finished':
        return this.rounds.get(entry.round)?.finished === true;
      default:
        return this.#holdsCallEntry(entry);
    }
  }

  #holdsCallEntry(entry: CallEntry): boolean {
    const call = this.rounds.get(entry.round)?.calls.get(entry.index);
    if (call === undefined) return false;
    if (entry.kind === 'approval-needed') return call.asked?.hash === entry.request.hash;
    if (entry.kind === 'call-denied') return isSame(call.denied, entry.denial);
    if (entry.kind === 'call-finished') return isSame(call.end, entry.end);
    if (entry.kind === 'call-handed-over') return call.handedOver === true;
    return isSame(call.started?.claims, entry.claims);
  }

  /** What the replies so far have cost. */
  usage(): Usage {
    let usage = NO_USAGE;
    for (const round of this.rounds.values()) usage = addUsage(usage, round.usage);
    return usage;
  }

  /** Calls that were started, by tool. */
  startedByTool(): Record<string, number> {
    const counts = new Map<string, number>();
    for (const { calls } of this.rounds.values()) {
      for (const { tool, started } of calls.values()) {
        if (started !== undefined) counts.set(tool, (counts.get(tool) ?? 0) + 1);
      }
    }
    return Object.fromEntries(counts);
  }

  used(): Used {
    return { usage: this.usage(), toolCalls: this.startedByTool() };
  }

  /** For the next run. */
  toJournaledRounds(): JournaledRound[] {
    return [...this.rounds].map(([round, { message, usage, calls, finished }]) => {
      const journaled: Record<number, JournaledCall> = {};
      for (const [index, call] of calls) {
        const known = toJournaledCall(call);
        if (known !== undefined) journaled[index] = known;
      }
      return { round, message, usage, calls: journaled, finished };
    });
  }

  /** The round whose text was sent without its reply being journaled. */
  tornRound(): number | undefined {
    return this.openTexts.keys().next().value;
  }

  /** Of the reply that comes next. */
  lost(): ReturnType<typeof countLost> {
    return countLost(this.#lost, this.openTexts);
  }

  #take(entry: Exclude<SessionEntry, CallStart>): void {
    switch (entry.kind) {
      case 'turn-started':
        break;
      case 'text':
        this.#addText(entry);
        break;
      case 'reply':
        this.#addReply(entry);
        break;
      case 'turn-waiting':
        this.#round(entry);
        break;
      case 'reservation-left':
        this.beforeLeaving = this.used();
        break;
      case 'round-finished':
        this.#round(entry).finished = true;
        break;
      case 'round-restarted':
        this.#lost = this.lost();
        this.openTexts.delete(entry.round);
        break;
      case 'turn-finished':
      case 'turn-failed':
        this.end = entry;
        break;
      default:
        this.#takeCallEntry(entry);
    }
  }

  #takeCallEntry(entry: Exclude<CallEntry, CallStart> | CallNote): void {
    switch (entry.kind) {
      case 'call-denied':
      case 'call-finished':
        this.#endCall(entry);
        break;
      case 'call-handed-over':
        this.#untouchedCall(entry).handedOver = true;
        break;
      case 'approval-needed':
        this.#askAbout(entry);
        break;
      case 'call-progress':
        this.#call(entry);
        break;
      case 'call-went-outward':
        this.#call(entry).wentOutward = true;
    }
  }

  #addText({ round, text }: Entry<'text'>): void {
    if (this.rounds.has(round)) throw misplaced('text', 'a round without a reply');
    if (text !== '') this.openTexts.set(round, (this.openTexts.get(round) ?? '') + text);
  }

  #addReply({ round, message, usage }: Entry<'reply'>): void {
    if (this.rounds.has(round)) throw misplaced('reply', 'a round without a reply');
    this.openTexts.delete(round);
    this.#lost = undefined;
    this.rounds.set(round, { message, usage, calls: new Map(), finished: false });
  }

  /** A call is started again after a crash, or under a newer revision before it was dispatched. */
  #startCall(entry: CallStart): 'first' | 'again' {
    const call = this.#call(entry);
    if (call.end !== undefined || call.denied !== undefined) {
      throw misplaced('call-started', 'a call that has not ended');
    }
    const before = call.started;
    const { claims, repeatable, approval } = entry;
    call.started = { claims, repeatable, ...(approval !== undefined && { approval }) };
    if (before === undefined) return 'first';
    const isNewRun = entry.claims.epoch > before.claims.epoch;
    if (!isNewRun && entry.claims.revision <= before.claims.revision) {
      throw misplaced('call-started', 'a call that was not started');
    }
    if (isNewRun && (call.wentOutward || !before.repeatable)) {
      throw misplaced('call-started', 'a call that may run again');
    }
    return 'again';
  }

  #askAbout(entry: Entry<'approval-needed'>): void {
    this.#untouchedCall(entry).asked = entry.request;
    this.requests.set(entry.request.hash, entry.request);
  }

  #untouchedCall(entry: CallEntry): CallProgress {
    const call = this.#call(entry);
    const { handedOver, denied, started, end } = call;
    if ((handedOver ?? denied ?? started ?? end) !== undefined) {
      throw misplaced(entry.kind, 'a call of which nothing has happened');
    }
    return call;
  }

  #endCall(entry: Entry<'call-denied' | 'call-finished'>): void {
    const call = this.#call(entry);
    if (call.end !== undefined || call.denied !== undefined) {
      throw misplaced(entry.kind, 'a call that has not ended');
    }
    if (entry.kind === 'call-denied') call.denied = entry.denial;
    else call.end = entry.end;
  }

  #round({ kind, round }: Pick<Entry<'round-finished'>, 'round'> & SessionEntry): RoundProgress {
    const found = this.rounds.get(round);
    if (found === undefined || found.finished) {
      throw misplaced(kind, 'a round with a reply that has not finished');
    }
    return found;
  }

  #call(entry: CallEntry | CallNote): CallProgress {
    const { message, calls } = this.#round(entry);
    const written = message.toolCalls[entry.index];
    if (written === undefined) throw misplaced(entry.kind, 'a call of its reply');
    const tool = 'tool' in entry ? entry.tool : written.name;
    const call = calls.get(entry.index) ?? { tool, wentOutward: false };
    calls.set(entry.index, call);
    return call;
  }
}

/** Both were made by the same code, so their members come in the same order. */
function isSame(a: unknown, b: unknown): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function misplaced(kind: string, must: string): Fault {
  return new Fault('internal', `Cannot journal "${kind}": it must belong to ${must}`);
}
