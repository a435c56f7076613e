/**
 * A session in memory: the real folding of the real journal, with fencing, and ways to go wrong.
 */

import type { JournalPort } from '../../../src/agent/ports.ts';
import { toEvents } from '../../../src/blocks/session/session-entry.ts';
import { TurnProgress } from '../../../src/blocks/session/turn-progress.ts';
import type { AuditEvent } from '../../../src/core/audit/audit-event.ts';
import type {
  JournalBatch,
  JournalEntry,
  JournalReceipt,
  JournalRefusal,
} from '../../../src/core/conversation/journal-entry.ts';
import type { Turn } from '../../../src/core/conversation/turn.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import type { Slice } from '../../../src/core/policy/slice.ts';
import { err, ok, type Result } from '../../../src/core/primitives/result.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** `before`: the batch is lost; `after`: it is written, and its answer is lost. */
export type DeathKind = 'before' | 'after';

const HOLD_MS = 5_000;

export class FakeSession {
  progress = new TurnProgress();
  readonly batches: JournalBatch[] = [];
  /** Batches that were refused because the turn had been ended, in full. */
  readonly lastWords: JournalBatch[] = [];
  epoch = 1;
  authority: Authority;
  /** What is left after the next renewals; nothing is renewed beyond them. */
  readonly renewals: Slice[] = [];
  refreshes = 0;
  holds = 0;
  /** Refusals to give to batches that start calls, before all else. */
  readonly refusals: JournalRefusal[] = [];
  onCommit: ((batch: JournalBatch) => void) | undefined;
  /** What a batch waits for on its way here. */
  onArrival: ((batch: JournalBatch) => Promise<void>) | undefined;
  #commitsToLive = Number.POSITIVE_INFINITY;
  #death: DeathKind = 'before';
  #ended: 'cancelled' | undefined;
  #stop = Promise.withResolvers<void>();
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, authority: Authority) {
    this.#clock = clock;
    this.authority = authority;
  }

  get entries(): readonly JournalEntry[] {
    return this.batches.flatMap(({ entries }) => entries);
  }

  get audit(): readonly AuditEvent[] {
    return this.batches.flatMap(({ audit }) => audit);
  }

  /** Kinds of entries, one text for each commit: `reply call-started`. */
  get commits(): readonly string[] {
    return this.batches.map(({ entries }) => entries.map(({ kind }) => kind).join(' '));
  }

  /** All text that a client has seen, in order, without what was voided. */
  get shownText(): string {
    const byRound = new Map<number, string>();
    for (const entry of this.entries) {
      for (const event of toEvents(entry)) {
        if (event.kind === 'round-restarted') byRound.delete(event.round);
        if (event.kind !== 'text-delta') continue;
        byRound.set(event.round, (byRound.get(event.round) ?? '') + event.text);
      }
    }
    return [...byRound.values()].join('');
  }

  /** The run that is under way dies with its nth commit, counted from now. */
  dieAt(commit: number, kind: DeathKind): void {
    this.#commitsToLive = commit;
    this.#death = kind;
  }

  cancel(): void {
    this.#ended = 'cancelled';
    this.#stop.resolve();
  }

  /** Fences the present run off, as the alarm does, and says what the next one begins with. */
  takeOver(turn: Turn): Turn {
    this.epoch += 1;
    this.#commitsToLive = Number.POSITIVE_INFINITY;
    this.#stop.resolve();
    this.#stop = Promise.withResolvers();
    const tornRound = this.progress.tornRound();
    const lost = this.progress.lost();
    const { tornRound: _, lost: __, ...rest } = turn;
    const journaled = structuredClone(this.progress.toJournaledRounds());
    return {
      ...rest,
      epoch: this.epoch,
      journaled,
      ...(tornRound !== undefined && { tornRound }),
      ...(lost && { lost }),
    };
  }

  /** What a tier reports through its host calls. */
  goOutward(round: number, index: number): void {
    this.progress.apply({ kind: 'call-went-outward', round, index });
  }

  portFor(epoch: number): JournalPort {
    return {
      commit: async (batch) => {
        await this.onArrival?.(batch);
        return this.#commit(structuredClone(batch), epoch);
      },
      refreshAuthority: async () => {
        this.refreshes += 1;
        return this.authority;
      },
      holdLease: async () => {
        this.holds += 1;
        await Promise.race([this.#clock.sleep(HOLD_MS), this.#stop.promise]);
        if (epoch !== this.epoch) return 'lease_lost';
        return this.#ended ?? 'held';
      },
    };
  }

  #commit(batch: JournalBatch, epoch: number): Result<JournalReceipt, JournalRefusal> {
    if (epoch !== this.epoch || batch.epoch !== epoch) return err('lease_lost');
    this.#commitsToLive -= 1;
    if (this.#commitsToLive < 0 || (this.#commitsToLive === 0 && this.#death === 'before')) {
      throw new Error('The session is gone');
    }
    this.onCommit?.(batch);
    if (this.#ended !== undefined) {
      this.lastWords.push(batch);
      return err(this.#ended);
    }
    const starts = batch.entries.filter((entry) => entry.kind === 'call-started');
    const asks = batch.entries.some(({ kind }) => kind === 'approval-needed');
    const refusal = starts.length > 0 || asks ? this.#refuse(batch) : undefined;
    if (refusal !== undefined) return err(refusal);
    if (batch.thenAsks && batch.revision < this.authority.revision) return err('authority_stale');
    this.#apply(batch);
    if (this.#commitsToLive === 0) throw new Error('The session is gone');
    const { turnId, revision } = batch;
    const slice = batch.left && this.renewals.shift();
    return ok({
      turnId,
      epoch,
      revision,
      startedCalls: starts.map(({ claims }) => claims.callKey),
      ...(slice && { slice }),
    });
  }

  #refuse({ revision }: JournalBatch): JournalRefusal | undefined {
    const given = this.refusals.shift();
    if (given !== undefined) return given;
    return revision < this.authority.revision ? 'authority_stale' : undefined;
  }

  #apply(batch: JournalBatch): void {
    const tellable = batch.entries.filter(({ kind }) => kind !== 'text');
    if (tellable.length > 0 && tellable.every((entry) => this.progress.holds(entry))) return;
    for (const entry of batch.entries) this.progress.apply(entry);
    this.batches.push(batch);
  }
}
