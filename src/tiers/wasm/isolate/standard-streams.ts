/**
 * Standard input, output and error of one run: the input as a file that is read once, and two
 * files that are written.
 *
 * @module
 */

import { GuestStop } from './guest-stop.ts';
import { type LogLevel, MAX_LOG_CHARS, type RunLog } from './run-log.ts';

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

/** Most of one write that is read for the log. */
const MAX_LOGGED_BYTES = 4 * MAX_LOG_CHARS;

/** What becomes of standard output: the answer of the tool, or lines of its log. */
export type StdoutUse = 'answer' | 'log';

export class StandardStreams {
  readonly #input: Uint8Array;
  readonly #log: RunLog;
  readonly #stdout: { readonly use: StdoutUse; readonly maxBytes: number };
  readonly #partial = new Map<LogLevel, PartialLine>();
  /** Filled up to {@link #answerBytes}. In one piece, since a plugin may write no byte at a time. */
  #answer = new Uint8Array(0);
  #answerBytes = 0;
  #inputRead = 0;

  constructor(
    input: Uint8Array,
    log: RunLog,
    stdout: { readonly use: StdoutUse; readonly maxBytes: number },
  ) {
    this.#input = input;
    this.#log = log;
    this.#stdout = stdout;
  }

  /** The next bytes of the input, at most that many; none at its end. */
  read(maxBytes: number): Uint8Array {
    const next = this.#input.subarray(this.#inputRead, this.#inputRead + maxBytes);
    this.#inputRead += next.length;
    return next;
  }

  /**
   * Copies what it keeps.
   *
   * @throws GuestStop `output_too_large` once the answer is longer than allowed.
   */
  write(stream: typeof STDOUT | typeof STDERR, bytes: Uint8Array): void {
    if (stream === STDERR) this.#writeLog('warn', bytes);
    else if (this.#stdout.use === 'log') this.#writeLog('info', bytes);
    else this.#writeAnswer(bytes);
  }

  /** All that was written to standard output, where that is the answer. */
  get answer(): Uint8Array {
    return this.#answer.slice(0, this.#answerBytes);
  }

  /** Logs what stands behind the last line break. */
  end(): void {
    for (const [level, { text }] of this.#partial) if (text !== '') this.#log.write(level, text);
    this.#partial.clear();
  }

  #writeAnswer(bytes: Uint8Array): void {
    const end = this.#answerBytes + bytes.length;
    if (end > this.#stdout.maxBytes) throw new GuestStop('output_too_large');
    if (end > this.#answer.length) this.#answer = enlarge(this.#answer, end);
    this.#answer.set(bytes, this.#answerBytes);
    this.#answerBytes = end;
  }

  #writeLog(level: LogLevel, bytes: Uint8Array): void {
    if (this.#log.isFull) {
      this.#log.drop();
      return;
    }
    if (bytes.length > MAX_LOGGED_BYTES) this.#log.drop();
    const partial = this.#partial.get(level) ?? { text: '', decoder: new TextDecoder() };
    this.#partial.set(level, partial);
    const read = partial.decoder.decode(bytes.subarray(0, MAX_LOGGED_BYTES), { stream: true });
    const [first = '', ...others] = read.split('\n');
    partial.text += first;
    for (const next of others) {
      this.#log.write(level, partial.text);
      partial.text = next;
    }
    if (partial.text.length > MAX_LOG_CHARS) {
      this.#log.write(level, partial.text);
      partial.text = '';
    }
  }
}

interface PartialLine {
  text: string;
  readonly decoder: TextDecoder;
}

/** At least twice as long, so that each byte is copied twice at most, however it comes. */
function enlarge(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const enlarged = new Uint8Array(Math.max(length, 2 * bytes.length));
  enlarged.set(bytes);
  return enlarged;
}
