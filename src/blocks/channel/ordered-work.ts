/**
 * Work in lanes: in each lane one piece after the other, and only so many lanes at a time.
 *
 * Holds nothing that is not in storage: whoever begins adds what is unfinished there. A piece that says
 * when to be looked at again, or that fails, keeps its lane and gives its place away until then.
 *
 * @module
 */

/** `again`: not before then, in epoch milliseconds. */
export type Progress = 'done' | { readonly again: number };

export interface WorkRules {
  /** Asked whenever something could begin. */
  readonly maxAtOnce: () => number;
  readonly run: (id: number) => Promise<Progress>;
  readonly now: () => number;
  /** Something ended or waits: it may be time to begin more, or to set another alarm. */
  readonly onProgress: () => void;
}

/** How long after a failure of ours a piece is tried again, in milliseconds. */
const AFTER_FAILURE_MS = 3_000;

export class OrderedWork {
  readonly #rules: WorkRules;
  readonly #lanes = new Map<string, number[]>();
  /** Lanes whose first piece nobody works on, in the order in which they came. */
  readonly #ready = new Set<string>();
  /** Lanes whose first piece waits, and until when. */
  readonly #later = new Map<string, number>();
  #running = 0;

  constructor(rules: WorkRules) {
    this.#rules = rules;
  }

  /** Pieces that are worked on. */
  get running(): number {
    return this.#running;
  }

  add(lane: string, id: number): void {
    const queue = this.#lanes.get(lane);
    if (queue !== undefined) {
      queue.push(id);
      return;
    }
    this.#lanes.set(lane, [id]);
    this.#ready.add(lane);
  }

  /** Begins what can be begun. */
  resume(): void {
    const now = this.#rules.now();
    for (const [lane, at] of this.#later) {
      if (at > now) continue;
      this.#later.delete(lane);
      this.#ready.add(lane);
    }
    for (const lane of this.#ready) {
      if (this.#running >= this.#rules.maxAtOnce()) return;
      this.#ready.delete(lane);
      void this.#work(lane);
    }
  }

  /** When it must be resumed at the latest; `undefined` if nothing waits. */
  nextAt(): number | undefined {
    return this.#later.size === 0 ? undefined : Math.min(...this.#later.values());
  }

  async #work(lane: string): Promise<void> {
    const queue = this.#lanes.get(lane) ?? [];
    this.#running++;
    const progress = await this.#run(queue[0] ?? 0);
    this.#running--;
    if (progress !== 'done') this.#later.set(lane, progress.again);
    else {
      queue.shift();
      if (queue.length === 0) this.#lanes.delete(lane);
      else this.#ready.add(lane);
    }
    this.#rules.onProgress();
  }

  async #run(id: number): Promise<Progress> {
    try {
      return await this.#rules.run(id);
    } catch (thrown) {
      const kind = thrown instanceof Error ? thrown.name : 'error';
      console.error(`work of a channel failed (${kind})`);
      return { again: this.#rules.now() + AFTER_FAILURE_MS };
    }
  }
}
