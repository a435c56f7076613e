/**
 * `console`: lines to the plugin's log, so many and no more.
 *
 * @module
 */

import { cutWithMark } from '../../isolate/cut-mark.ts';
import { defineGlobal, type Host } from './host.ts';

/** Longest line, in UTF-16 code units. What is cut bears a mark. */
const MAX_LINE_LENGTH = 2_048;

/** After so many UTF-16 code units in all lines of one call, no other is begun. */
const MAX_LOG_LENGTH = 16_384;

const LEVELS = {
  trace: 'trace',
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
} as const;

const { stringify } = JSON;

export function installConsole(host: Host): void {
  let left = MAX_LOG_LENGTH;
  const write = (level: string, values: readonly unknown[]): void => {
    if (left <= 0) return;
    const line = cutWithMark(values.map(show).join(' '), MAX_LINE_LENGTH);
    left -= line.length + 1;
    host.log(level, line);
  };
  const console: Record<string, (...values: unknown[]) => void> = {};
  for (const [name, level] of Object.entries(LEVELS)) {
    console[name] = (...values) => write(level, values);
  }
  defineGlobal('console', console);
}

/** Of a long string one unit more than a line may have: it is seen to be cut. */
function show(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, MAX_LINE_LENGTH + 1);
  if (value instanceof Error) return `${value}\n${value.stack ?? ''}`;
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return stringify(value) ?? String(value);
  } catch {
    return '[object that cannot be shown]';
  }
}
