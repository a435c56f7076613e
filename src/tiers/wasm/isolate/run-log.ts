/**
 * What one run says to its author: log lines, what it prints, its error, and why it was refused
 * something. Bounded, and never seen by a model or put on the audit record.
 *
 * @module
 */

import { CUT_MARK, cutWithMark } from './cut-mark.ts';

/** In the order in which the ABI numbers them, from 0. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogLine {
  readonly level: LogLevel;
  /** As the plugin wrote it. */
  readonly text: string;
}

export interface LoggedLines {
  readonly lines: readonly LogLine[];
  /** Lines that were cut or left out, since the log was full. */
  readonly dropped: number;
}

/** Most that one run can log, in UTF-16 code units; each line takes {@link LINE_OVERHEAD} more. */
export const MAX_LOG_CHARS = 16_384;

/** One byte more than a log of the widest characters could hold. */
export const MAX_TEXT_BYTES = 3 * MAX_LOG_CHARS + 1;

/** So that empty lines come to an end, too. */
export const LINE_OVERHEAD = 16;

export class RunLog {
  readonly #lines: LogLine[];
  #charsLeft = MAX_LOG_CHARS;
  #dropped: number;

  /** Goes on where another log of the same run was read. */
  constructor({ lines, dropped }: LoggedLines = { lines: [], dropped: 0 }) {
    this.#lines = [...lines];
    this.#dropped = dropped;
    for (const { text } of lines) this.#charsLeft -= LINE_OVERHEAD + text.length;
  }

  /** A line that does not fit is cut to what is left, with a mark, or left out. */
  write(level: LogLevel, text: string): void {
    const room = this.#charsLeft - LINE_OVERHEAD;
    const fits = text.length <= room;
    if (!fits) this.#dropped += 1;
    if (!fits && room <= CUT_MARK.length) return;
    const kept = (fits ? text : cutWithMark(text, room - CUT_MARK.length)).toWellFormed();
    this.#lines.push({ level, text: kept });
    this.#charsLeft -= LINE_OVERHEAD + kept.length;
  }

  /** Whether further lines would be dropped, so that making them can be spared. */
  get isFull(): boolean {
    return this.#charsLeft <= LINE_OVERHEAD;
  }

  /** Counts a line that was not even made. */
  drop(): void {
    this.#dropped += 1;
  }

  /** Nothing if nothing was said. */
  read(): LoggedLines | undefined {
    if (this.#lines.length === 0 && this.#dropped === 0) return undefined;
    return { lines: this.#lines, dropped: this.#dropped };
  }
}
