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
  CallEnd,
  JournalEntry,
  JournaledCall,
  JournaledRound,
} from '../../core/conversation/journal-entry.ts';
import type { AssistantMessage } from '../../core/conversation/message.ts';
import { addUsage, NO_USAGE, type Usage } from '../../core/conversation/usage.ts';
import type { Denial } from '../../core/errors/denial.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { ApprovalRequest } from '../../core/policy/approval.ts';
import { countLost } from './lost-reply.ts';
import { type SessionEntry, toEvents } from './session-entry.ts';
import type { Used } from './settlement-store.ts';

export interface CallProgress {
  readonly tool: string;
  /** What a human was asked about it last. */
  asked?: ApprovalRequest;
  /** Refused before it was started. */
  denied?: Denial;
  /** Left to the client: set once the turn will end with it. */
  handedOver?: true;
  started?: {
    readonly claims: TicketClaims;
    readonly repeatable: boolean;
    /** Hash of the approval that was used up. */
    readonly approval?: string;
  };
  wentOutward: boolean;
  end?: CallEnd;
}

export interface RoundProgress {
  readonly message: AssistantMessage;
  readonly usage: Usage;
  readonly calls: Map<number, CallProgress>;
  finished: boolean;
}

type Entry<Kind extends SessionEntry['kind']> = Extract<SessionEntry, { kind: Kind }>;
type CallEntry = Entry<
  'call-denied' | 'call-started' | 'call-finished' | 'call-handed-over' | 'approval-needed'
>;
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
    switch (entry.kind) {
      case 'turn-started':
        break;
      case 'text':
        this.#addText(entry);
        break;
      case 'reply':
        this.#addReply(entry);
        break;
      case 'call-started':
        if (this.#startCall(entry) === 'again') return 0;
        break;
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
      case 'turn-waiting':
        this.#round(entry);
        break;
      case 'call-progress':
        this.#call(entry);
        break;
      case 'call-went-outward':
        this.#call(entry).wentOutward = true;
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
    }
    return toEvents(entry).length;
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
  #startCall(entry: Entry<'call-started'>): 'first' | 'again' {
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

  #call(entry: CallEntry | Entry<'call-went-outward' | 'call-progress'>): CallProgress {
    const { message, calls } = this.#round(entry);
    const written = message.toolCalls[entry.index];
    if (written === undefined) throw misplaced(entry.kind, 'a call of its reply');
    const tool = 'tool' in entry ? entry.tool : written.name;
    const call = calls.get(entry.index) ?? { tool, wentOutward: false };
    calls.set(entry.index, call);
    return call;
  }
}

/** The call as the next run, and the history, see it; nothing if nothing was decided yet. */
export function toJournaledCall(call: CallProgress | undefined): JournaledCall | undefined {
  if (call === undefined) return undefined;
  const { asked, denied, handedOver, started, end, wentOutward } = call;
  if (handedOver) return { kind: 'handed-over' };
  if (end !== undefined) {
    const argumentHash = started?.claims.argumentHash;
    return { kind: 'finished', end, ...(argumentHash !== undefined && { argumentHash }) };
  }
  if (denied !== undefined) return { kind: 'denied', denial: denied };
  if (started !== undefined) {
    const { claims, repeatable } = started;
    return { kind: 'started', claims, repeatable, wentOutward };
  }
  return asked && { kind: 'asked', hash: asked.hash };
}

/** Both were made by the same code, so their members come in the same order. */
function isSame(a: unknown, b: unknown): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function misplaced(kind: string, must: string): Fault {
  return new Fault('internal', `Cannot journal "${kind}": it must belong to ${must}`);
}
