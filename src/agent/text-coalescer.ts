/**
 * Gathers a reply's text until it is worth a commit: after 100 ms, or at 2 KiB.
 *
 * A delta is sent only once it is journaled, and a commit costs more than a word. A window opens
 * when more is waited for after its first character, so a slow reply is seen while it is written, and
 * a reply that is over within its first window needs no commit for text at all.
 *
 * @module
 */

/** Milliseconds that the first character waits for others. */
const WINDOW_MS = 100;

/** UTF-16 code units that are worth a commit at once. */
export const WINDOW_CHARACTERS = 2_048;

type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export class TextCoalescer {
  readonly #sleep: Sleep;
  #pending = '';
  #window: { readonly over: Promise<void>; readonly cancel: () => void } | undefined;
  #isOver = false;

  constructor(sleep: Sleep) {
    this.#sleep = sleep;
  }

  add(text: string): void {
    this.#pending += text;
  }

  /** Whether a commit is due. */
  get isDue(): boolean {
    return this.#isOver || this.#pending.length >= WINDOW_CHARACTERS;
  }

  /** Resolves when the window is over, which is opened now at the latest; nothing without text. */
  waitForWindow(): Promise<void> | undefined {
    if (this.#window === undefined && this.#pending !== '') this.#open();
    return this.#window?.over;
  }

  /** What is to be journaled now. Half of a surrogate pair waits for its other half. */
  take(): string {
    const { length } = this.#pending;
    const isCut = /[\uD800-\uDBFF]$/.test(this.#pending.slice(-1));
    const end = isCut ? length - 1 : length;
    const text = this.#pending.slice(0, end).toWellFormed();
    this.#pending = this.#pending.slice(end);
    this.#close();
    return text;
  }

  /** All that is left once the reply is over. */
  rest(): string {
    this.#close();
    const text = this.#pending.toWellFormed();
    this.#pending = '';
    return text;
  }

  #open(): void {
    const controller = new AbortController();
    const over = this.#sleep(WINDOW_MS, controller.signal).then(() => {
      if (!controller.signal.aborted) this.#isOver = true;
    });
    this.#window = { over, cancel: () => controller.abort('sent') };
  }

  #close(): void {
    this.#window?.cancel();
    this.#window = undefined;
    this.#isOver = false;
  }
}
