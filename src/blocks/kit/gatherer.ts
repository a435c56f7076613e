/**
 * Does what comes in within a moment in one transaction, hence in one write to disk.
 *
 * For work that nobody is kept waiting by: whoever asked is answered only once it is done, and asks
 * again if the object is lost before.
 *
 * @module
 */

interface Waiting<Input, Output> {
  readonly input: Input;
  readonly answer: PromiseWithResolvers<Output>;
}

export interface GatheredWork<Input, Output> {
  /** Changes storage and memory together, or neither. */
  readonly transact: (change: () => void) => void;
  /** Part of a transaction. What throws must have changed nothing: the others go on. */
  readonly perform: (input: Input) => Output;
  /** How long the first of a bundle waits for others, in milliseconds. */
  readonly delayMs: number;
  /** Whoever comes soon after a bundle waits longer: until so many milliseconds after it. */
  readonly apartMs?: number;
}

export class Gatherer<Input, Output> {
  readonly #work: GatheredWork<Input, Output>;
  #waiting: Waiting<Input, Output>[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Epoch milliseconds of the last bundle. */
  #performedAt = 0;

  constructor(work: GatheredWork<Input, Output>) {
    this.#work = work;
  }

  add(input: Input): Promise<Output> {
    const answer = Promise.withResolvers<Output>();
    this.#waiting.push({ input, answer });
    this.#performSoon();
    return answer.promise;
  }

  /** Does it now, after what is waiting and in the same transaction. */
  perform(input: Input): Output {
    let output: { readonly value: Output } | undefined;
    const change = (): void => {
      output = { value: this.#work.perform(input) };
    };
    if (this.#waiting.length === 0) this.#work.transact(change);
    else this.join(change);
    if (output === undefined) throw new Error('Cannot perform: the transaction must have run');
    return output.value;
  }

  /** Does what is waiting in the transaction of `change`, before it. If that fails, both wait on. */
  join<T>(change: () => T): T {
    const bundle = this.#take();
    if (bundle.length === 0) return change();
    try {
      let result: { readonly value: T } | undefined;
      let answers: readonly (() => void)[] = [];
      this.#work.transact(() => {
        answers = bundle.map((waiting) => this.#perform(waiting));
        result = { value: change() };
      });
      for (const answer of answers) answer();
      if (result === undefined) throw new Error('Cannot join: the transaction must have run');
      return result.value;
    } catch (thrown) {
      this.#waiting = [...bundle, ...this.#waiting];
      this.#performSoon();
      throw thrown;
    }
  }

  #performSoon(): void {
    if (this.#timer !== undefined) return;
    const { delayMs, apartMs = 0 } = this.#work;
    const waitMs = Math.max(delayMs, this.#performedAt + apartMs - Date.now());
    this.#timer = setTimeout(() => this.#performAlone(), Math.min(waitMs, delayMs + apartMs));
  }

  #performAlone(): void {
    this.#performedAt = Date.now();
    const bundle = this.#take();
    try {
      let answers: readonly (() => void)[] = [];
      this.#work.transact(() => {
        answers = bundle.map((waiting) => this.#perform(waiting));
      });
      for (const answer of answers) answer();
    } catch (thrown) {
      for (const { answer } of bundle) answer.reject(thrown);
    }
  }

  /** Does one, and answers what tells whoever asked, once all are committed. */
  #perform({ input, answer }: Waiting<Input, Output>): () => void {
    try {
      const output = this.#work.perform(input);
      return () => answer.resolve(output);
    } catch (thrown) {
      return () => answer.reject(thrown);
    }
  }

  #take(): Waiting<Input, Output>[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bundle = this.#waiting;
    this.#waiting = [];
    return bundle;
  }
}
