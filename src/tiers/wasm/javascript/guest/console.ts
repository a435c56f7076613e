/**
 * `console`: lines to the plugin's log, so many and no more.
 *
 * @module
 */

import { defineGlobal, type Host } from './host.ts';

/** Longest line, in UTF-16 code units. */
const MAX_LINE_LENGTH = 2_048;

/** All lines of one call together, in UTF-16 code units. What comes later is dropped. */
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
    const line = values.map(show).join(' ').slice(0, Math.min(left, MAX_LINE_LENGTH));
    left -= line.length + 1;
    host.log(level, line);
  };
  const console: Record<string, (...values: unknown[]) => void> = {};
  for (const [name, level] of Object.entries(LEVELS)) {
    console[name] = (...values) => write(level, values);
  }
  defineGlobal('console', console);
}

function show(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, MAX_LINE_LENGTH);
  if (value instanceof Error) return `${value}\n${value.stack ?? ''}`;
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return stringify(value) ?? String(value);
  } catch {
    return '[object that cannot be shown]';
  }
}
