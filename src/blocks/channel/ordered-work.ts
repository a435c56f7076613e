/**
 * Work in lanes: in each lane one piece after the other, and only so many lanes at a time. Channels take
 * turns, so that one that has much to do, or whose platform does not answer, does not keep the others.
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
  /** How many of them may be one channel's. */
  readonly maxOfChannel: () => number;
  readonly run: (id: number) => Promise<Progress>;
  readonly now: () => number;
  /** Something ended or waits: it may be time to begin more, or to set another alarm. */
  readonly onProgress: () => void;
}

/** How long after a failure of ours a piece is tried again, in milliseconds. */
const AFTER_FAILURE_MS = 3_000;

interface Lane {
  readonly name: string;
  readonly channel: string;
  readonly ids: number[];
}

export class OrderedWork {
  readonly #rules: WorkRules;
  readonly #lanes = new Map<string, Lane>();
  /** By channel, those whose first piece nobody works on; in the order in which it is their turn. */
  readonly #ready = new Map<string, Set<Lane>>();
  /** Those whose first piece waits, and until when. */
  readonly #later = new Map<Lane, number>();
  /** How many of a channel are worked on. */
  readonly #ofChannel = new Map<string, number>();
  #running = 0;

  constructor(rules: WorkRules) {
    this.#rules = rules;
  }

  /** Pieces that are worked on. */
  get running(): number {
    return this.#running;
  }

  add(channel: string, name: string, id: number): void {
    const known = this.#lanes.get(name);
    if (known !== undefined) {
      known.ids.push(id);
      return;
    }
    const lane = { name, channel, ids: [id] };
    this.#lanes.set(name, lane);
    this.#setReady(lane);
  }

  /** Begins what can be begun. */
  resume(): void {
    const now = this.#rules.now();
    for (const [lane, at] of this.#later) {
      if (at > now) continue;
      this.#later.delete(lane);
      this.#setReady(lane);
    }
    while (this.#running < this.#rules.maxAtOnce()) {
      const lane = this.#takeReady();
      if (lane === undefined) return;
      void this.#work(lane);
    }
  }

  /** When it must be resumed at the latest; `undefined` if nothing waits. */
  nextAt(): number | undefined {
    return this.#later.size === 0 ? undefined : Math.min(...this.#later.values());
  }

  #setReady(lane: Lane): void {
    const ready = this.#ready.get(lane.channel);
    if (ready === undefined) this.#ready.set(lane.channel, new Set([lane]));
    else ready.add(lane);
  }

  /** Its channel comes last from then on. */
  #takeReady(): Lane | undefined {
    const most = this.#rules.maxOfChannel();
    for (const [channel, ready] of this.#ready) {
      if ((this.#ofChannel.get(channel) ?? 0) >= most) continue;
      const [lane] = ready;
      this.#ready.delete(channel);
      if (lane === undefined) continue;
      ready.delete(lane);
      if (ready.size > 0) this.#ready.set(channel, ready);
      return lane;
    }
    return undefined;
  }

  async #work(lane: Lane): Promise<void> {
    this.#count(lane, 1);
    const progress = await this.#run(lane.ids[0] ?? 0);
    this.#count(lane, -1);
    if (progress !== 'done') this.#later.set(lane, progress.again);
    else {
      lane.ids.shift();
      if (lane.ids.length === 0) this.#lanes.delete(lane.name);
      else this.#setReady(lane);
    }
    this.#rules.onProgress();
  }

  #count({ channel }: Lane, more: number): void {
    this.#running += more;
    const ofChannel = (this.#ofChannel.get(channel) ?? 0) + more;
    if (ofChannel === 0) this.#ofChannel.delete(channel);
    else this.#ofChannel.set(channel, ofChannel);
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
