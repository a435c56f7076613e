/**
 * Calls a tool: arguments in as JSON text, what it returns out as text.
 *
 * @module
 */

import { cutWithMark } from '../../isolate/cut-mark.ts';

/** First character of what a call resolves to: the rest is its output, or describes its error. */
const OUTPUT = '=';
const FAILED = '!';

/** Longest description of an error, in UTF-16 code units. What is cut bears a mark. */
const MAX_ERROR_LENGTH = 2_048;

const { parse, stringify } = JSON;
const NativeError = Error;

/** What a plugin may export to say, before it serves, that it cannot: it throws then. */
const SELF_TEST = 'sallyport_self_test';

/**
 * `exported` is the namespace of the plugin's module; without an entry it is asked to test itself.
 * Never rejects but for lack of memory or stack.
 */
export async function invoke(
  exported: Readonly<Record<string, unknown>>,
  entry: string,
  argumentsText: string,
): Promise<string> {
  try {
    if (entry === '') return OUTPUT + toText(await testItself(exported[SELF_TEST]));
    const tool = exported[entry];
    if (typeof tool !== 'function') throw new TypeError(`"${entry}" must be a function`);
    return OUTPUT + toText(await tool(parse(argumentsText)));
  } catch (error) {
    return FAILED + describe(error);
  }
}

function testItself(test: unknown): unknown {
  return typeof test === 'function' ? test() : undefined;
}

/** Text is what it is; anything else is written as JSON; nothing is nothing. */
function toText(value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed();
  if (value === undefined) return '';
  const text = stringify(value);
  if (text === undefined) throw new TypeError('A tool must return what JSON can hold');
  return text;
}

/** The first line is name and message. */
export function describe(error: unknown): string {
  try {
    const { name, message, stack } = toPlain(error);
    return cutWithMark(`${name}: ${message}\n${stack}`, MAX_ERROR_LENGTH);
  } catch {
    return 'Error that cannot be shown\n';
  }
}

function toPlain(error: unknown): Record<'name' | 'message' | 'stack', string> {
  if (!(error instanceof NativeError)) {
    return { name: 'Uncaught', message: String(error), stack: '' };
  }
  return { name: String(error.name), message: String(error.message), stack: String(error.stack) };
}
