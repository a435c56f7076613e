/**
 * What is wrong with a plugin's source, and where.
 *
 * @module
 */

import type { SourceProblem } from '../../../plugin-review/script-facts.ts';
import type { GuestError } from './quickjs.ts';

/** The name of a plugin's module in messages and stacks. */
export const PLUGIN_FILE = 'plugin.js';

/** The engine names the place as a stack frame. */
export function readSourceProblem({ message, stack }: GuestError): SourceProblem {
  const [, line, column] = /plugin\.js:(\d+)(?::(\d+))?/.exec(stack) ?? [];
  return {
    message,
    ...(line !== undefined && { line: Number(line) }),
    ...(column !== undefined && { column: Number(column) }),
  };
}
