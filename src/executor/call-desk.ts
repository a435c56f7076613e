/**
 * Takes calls on: each is verified, written down, run once, and answered with a signed receipt.
 *
 * @module
 */

import { Fault } from '../core/errors/fault.ts';
import { MAX_NODE_CALLS } from '../core/executor-protocol/node-offer.ts';
import type {
  AcceptedCall,
  AcceptedState,
  CallLedger,
  FinishedCall,
  LedgerEntry,
} from './call-ledger.ts';
import type { Identity } from './identity.ts';
import { endedBy, type Failure, type Job, type JobEnd } from './job.ts';
import { limitProgress } from './limit-progress.ts';
import type { LocalPolicy } from './local-policy.ts';
import { asKept, finishCall } from './make-receipt.ts';
import { openSecrets } from './open-secrets.ts';
import type { LocalPlugin } from './plugin-catalogue.ts';
import { prepareJob, type TakenCall } from './prepare-job.ts';
import { createRedactor } from './redact-secrets.ts';
import type { SealingKey } from './sealing-key.ts';
import { sha256Text } from './sha256.ts';
import { Slots } from './slots.ts';
import {
  type CallFrame,
  type OfferedTicket,
  type TicketProblem,
  type TicketVerifier,
  toOffered,
  type VerifiedTicket,
} from './verify-ticket.ts';

/** `not_written`: the ledger cannot be written or read, as when the disk is full. `too_many` are taken on already. */
type Problem = TicketProblem | 'used' | 'not_written' | 'too_many';

/** Calls that run or wait here: what waited for this machine comes on top of what it is sent at once. */
const MAX_TAKEN_ON = 2 * MAX_NODE_CALLS;

/** Longest time that a timer can be set for. */
const MAX_TIMER_MS = 2_147_483_647;

export interface CallDeskParts {
  readonly identity: Identity;
  readonly policy: LocalPolicy;
  readonly plugins: readonly LocalPlugin[];
  readonly ledger: CallLedger;
  readonly verifier: TicketVerifier;
  readonly sealing: Pick<SealingKey, 'open'>;
  readonly run: (job: Job) => Promise<JobEnd>;
  readonly answer: (end: FinishedCall) => void;
  readonly progress: (callKey: string, text: string) => void;
  /** Of a call that was not begun, and will not be: it is the gateway's again. */
  readonly giveBack: (callKey: string) => void;
  readonly log: (event: CallLog) => void;
}

/** What the gateway is told; all others are `ticket_refused`. */
const REFUSALS: Partial<Readonly<Record<Problem, Failure>>> = {
  clock_behind: 'clock_skew',
  deadline: 'deadline',
  not_written: 'tier_unavailable',
  too_many: 'tier_unavailable',
};

/** For the operator of this machine: no argument and no output. */
export interface CallLog {
  readonly callKey: string;
  readonly tool: string;
  readonly outcome: string;
  readonly durationMs: number;
  /** Why a ticket was refused, or that the ledger could not be written. */
  readonly problem?: Problem;
  /** What the program wrote on standard error. */
  readonly stderr?: string;
}

export class CallDesk {
  readonly #parts: CallDeskParts;
  readonly #slots: Slots;
  readonly #running = new Map<string, AbortController>();
  readonly #ends = new Set<Promise<void>>();
  readonly #drain = new AbortController();

  constructor(parts: CallDeskParts) {
    this.#parts = parts;
    this.#slots = new Slots(parts.policy.slots);
  }

  /** What an earlier life had let run: nobody can tell how far it got. What it had not is forgotten. */
  settleInterrupted(): number {
    const { ledger } = this.#parts;
    ledger.forgetUnstarted();
    const interrupted = ledger.interrupted();
    for (const call of interrupted) ledger.finish(this.#toUnknown(call));
    ledger.sync();
    return interrupted.length;
  }

  /** The same call again is answered with its end, or will be when it has one. */
  take(frame: CallFrame): void {
    const { callKey } = frame;
    const known = this.recall(callKey);
    if (known !== 'absent' && known !== 'unreadable') return;
    const offered = toOffered(frame);
    const verified = this.#parts.verifier.verify(offered, Date.now());
    if (this.#drain.signal.aborted) this.#parts.giveBack(callKey);
    else if (!verified.ok) this.#refuse(offered, verified.error);
    else if (known === 'unreadable') this.#refuse(offered, 'not_written');
    else if (this.#running.size >= MAX_TAKEN_ON) this.#refuse(offered, 'too_many');
    else this.#accept(offered, verified.value);
  }

  /** Answers with the end of a call, if it has one. */
  recall(callKey: string): 'answered' | 'running' | 'absent' | 'unreadable' {
    const { identity, answer } = this.#parts;
    const entry = this.#find(callKey);
    if (entry === undefined) return 'absent';
    if (entry === 'unreadable') return entry;
    if (entry.kind === 'finished') answer(asKept(identity, entry.end));
    else if (this.#running.has(callKey)) return 'running';
    else answer(this.#toUnknown(entry.call)); // its end could not be written
    return 'answered';
  }

  /** A disk that breaks ends nothing that runs. */
  #find(callKey: string): LedgerEntry | 'unreadable' | undefined {
    try {
      return this.#parts.ledger.find(callKey);
    } catch {
      return 'unreadable';
    }
  }

  cancel(callKey: string): void {
    this.#running.get(callKey)?.abort();
  }

  /**
   * Begins nothing more: what waits for a slot, or comes now, is given back. Resolves when nothing
   * runs any more; ends what still does after `graceMs`.
   */
  async drain(graceMs: number): Promise<void> {
    this.#drain.abort();
    const timer = setTimeout(() => {
      for (const running of this.#running.values()) running.abort();
    }, graceMs);
    await Promise.all(this.#ends);
    clearTimeout(timer);
  }

  /** It is prepared from here on, if a slot is free. */
  #accept(offered: OfferedTicket, ticket: VerifiedTicket): void {
    const { codeHash, argumentHash, callKey } = ticket.call;
    const { id: ticketId, hash: ticketHash } = ticket;
    const call = { callKey, ticketId, ticketHash, codeHash, argumentHash };
    const leave = this.#slots.takeFree();
    const problem = this.#writeDown(call, leave === undefined ? 'waiting' : 'prepared');
    if (problem !== undefined) {
      leave?.();
      this.#refuse(offered, problem);
      return;
    }
    const end = this.#run({ call, offered, ticket, ...(leave && { leave }) })
      .catch(() => this.#tellUnwritten(call, ticket))
      .finally(() => {
        leave?.();
        this.#ends.delete(end);
      });
    this.#ends.add(end);
  }

  #writeDown(call: AcceptedCall, state: AcceptedState): Problem | undefined {
    try {
      return this.#parts.ledger.accept(call, Date.now(), state) ? undefined : 'used';
    } catch {
      return 'not_written';
    }
  }

  /** How it ended is not told, as it would not outlive this process: the next life knows of no end either. */
  #tellUnwritten(call: AcceptedCall, { call: { callKey, tool } }: VerifiedTicket): void {
    const { answer, log } = this.#parts;
    answer(this.#toUnknown(call));
    log({ callKey, tool, outcome: 'unknown', durationMs: 0, problem: 'not_written' });
  }

  #toUnknown(call: AcceptedCall): FinishedCall {
    return finishCall(this.#parts.identity, call, { ...endedBy('unknown'), durationMs: 0 });
  }

  async #run(taken: TakenCall): Promise<void> {
    const { call, ticket } = taken;
    const startedAt = performance.now();
    const abort = new AbortController();
    this.#running.set(call.callKey, abort);
    const ended = await this.#runInSlot(taken, abort.signal).catch(() => endedBy('unknown'));
    this.#running.delete(call.callKey);
    if (ended === undefined) {
      this.#parts.ledger.giveBack(call.callKey);
      this.#parts.giveBack(call.callKey);
      return;
    }
    const durationMs = Math.round(performance.now() - startedAt);
    const { identity, ledger, answer, log } = this.#parts;
    const finished = finishCall(identity, call, { ...ended, durationMs });
    ledger.finish(finished);
    answer(finished);
    ledger.syncSoon();
    const { outcome, log: stderr } = ended;
    log({
      ...{ callKey: call.callKey, tool: ticket.call.tool, outcome, durationMs },
      ...(stderr && { stderr }),
    });
  }

  /** Nothing if it was not begun, and is to be given back. */
  async #runInSlot(taken: TakenCall, signal: AbortSignal): Promise<JobEnd | undefined> {
    const machine = { ...this.#parts, begin: (callKey: string) => this.#begin(callKey) };
    const job = prepareJob(machine, taken, signal);
    if (typeof job === 'string') return endedBy(job);
    const { sealedSecrets } = taken.offered;
    const secrets = await openSecrets(job, sealedSecrets, this.#parts.sealing);
    if (!secrets.ok) return endedBy(secrets.error);
    const hidden = createRedactor(secrets.value);
    const onProgress = limitProgress(hidden.line, job.onProgress);
    const opened = { ...job, secrets: secrets.value, onProgress };
    const ended = await this.#runInTime(opened, taken.leave);
    return ended && hidden.end(ended);
  }

  async #runInTime(job: Job, held: TakenCall['leave']): Promise<JobEnd | undefined> {
    const { signal, ticket } = job;
    if (signal.aborted) return endedBy('cancelled');
    if (this.#drain.signal.aborted) return undefined;
    const leave = held ?? (await this.#waitForSlot(job));
    if (leave === undefined) {
      if (signal.aborted) return endedBy('cancelled');
      return this.#drain.signal.aborted ? undefined : endedBy('deadline');
    }
    try {
      const leftMs = ticket.call.deadlineAt - Date.now();
      if (leftMs <= 0) return endedBy('deadline');
      if (held === undefined && !this.#prepare(ticket)) return endedBy('tier_unavailable');
      const timeoutMs = Math.min(job.limits.timeoutMs, leftMs);
      return await this.#parts.run({ ...job, limits: { ...job.limits, timeoutMs } });
    } finally {
      leave();
    }
  }

  /** Whether that it has a slot could be written down. */
  #prepare({ call: { callKey } }: VerifiedTicket): boolean {
    try {
      this.#parts.ledger.prepare(callKey);
      return true;
    } catch {
      return false;
    }
  }

  /** What cannot be written down is not begun. */
  #begin(callKey: string): void {
    try {
      this.#parts.ledger.begin(callKey);
    } catch (cause) {
      const problem = 'Cannot run a call: the ledger must be writable';
      throw new Fault('tier_unavailable', problem, { cause });
    }
  }

  #waitForSlot({ signal, ticket }: Job): Promise<(() => void) | undefined> {
    const leftMs = ticket.call.deadlineAt - Date.now();
    const untilDeadline = AbortSignal.timeout(Math.min(Math.max(0, leftMs), MAX_TIMER_MS));
    return this.#slots.take(AbortSignal.any([signal, untilDeadline, this.#drain.signal]));
  }

  /** Reported, and not written down: whoever makes such tickets could fill the ledger. */
  #refuse(offered: OfferedTicket, problem: Problem): void {
    const { callKey, ticket, argumentsText } = offered;
    const outcome = REFUSALS[problem] ?? 'ticket_refused';
    const call = {
      callKey,
      ticketHash: sha256Text(ticket),
      codeHash: sha256Text(''),
      argumentHash: sha256Text(argumentsText),
    };
    const { identity, answer, log } = this.#parts;
    answer(finishCall(identity, call, { ...endedBy(outcome), durationMs: 0 }));
    log({ callKey, tool: '', outcome, durationMs: 0, problem });
  }
}
