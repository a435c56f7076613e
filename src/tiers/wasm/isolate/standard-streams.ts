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
  readonly #answer: Uint8Array[] = [];
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
    const whole = new Uint8Array(this.#answerBytes);
    let at = 0;
    for (const part of this.#answer) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** Logs what stands behind the last line break. */
  end(): void {
    for (const [level, { text }] of this.#partial) if (text !== '') this.#log.write(level, text);
    this.#partial.clear();
  }

  #writeAnswer(bytes: Uint8Array): void {
    this.#answerBytes += bytes.length;
    if (this.#answerBytes > this.#stdout.maxBytes) throw new GuestStop('output_too_large');
    this.#answer.push(bytes.slice());
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
