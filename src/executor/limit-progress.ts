/**
 * What a program says of its progress, as lines that a frame can carry, and no more of them than
 * somebody could read.
 *
 * @module
 */

import { MAX_PROGRESS_CHARS } from '../core/executor-protocol/frames.ts';
import { toPlainText } from './bounded-output.ts';

/** Most lines within one {@link WINDOW_MS}; further ones are dropped. */
const MAX_LINES = 20;

const WINDOW_MS = 1_000;

/** `hide` takes out what must not be seen, before a line is cut. */
export function limitProgress(
  hide: (text: string) => string,
  pass: (text: string) => void,
): (text: string) => void {
  let begunAt = 0;
  let lines = 0;
  return (text) => {
    const now = Date.now();
    if (now - begunAt >= WINDOW_MS) {
      begunAt = now;
      lines = 0;
    }
    lines += 1;
    if (lines > MAX_LINES) return;
    const line = hide(toPlainText(text).toWellFormed());
    pass(line.slice(0, MAX_PROGRESS_CHARS).toWellFormed());
  };
}
