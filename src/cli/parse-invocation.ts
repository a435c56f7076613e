/**
 * From the words on the command line to a command and what it was given.
 *
 * @module
 */

import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../core/primitives/result.ts';
import type { Command, Invocation } from './command.ts';

export interface ParsedInvocation {
  readonly command: Command;
  readonly invocation: Invocation;
}

export interface UsageProblem {
  /** The command that was meant, as far as it could be told. */
  readonly command?: Command;
  /** The commands that begin with the word that was given, where it names none by itself. */
  readonly family?: readonly Command[];
  /** Nothing, if help was asked for. */
  readonly sentence?: string;
}

/** Most words of a command's name. */
const NAME_WORDS = 2;

/**
 * A longer word is not repeated: tokens are easily given where none is taken, and what a command says may
 * be kept in a log.
 */
const MAX_REPEATED_CHARS = 32;

export function parseInvocation(
  commands: readonly Command[],
  argv: readonly string[],
): Result<ParsedInvocation, UsageProblem> {
  const command = findNamed(commands, argv);
  if (command === undefined) return err(withoutCommand(commands, argv));
  const words = argv.slice(command.name.split(' ').length);
  const parsed = parseWords(command, words);
  if (!parsed.ok) return err({ command, sentence: parsed.error });
  const { positionals, values } = parsed.value;
  if (values.help === true) return err({ command });
  const sentence = checkCount(command, positionals);
  if (sentence !== undefined) return err({ command, sentence });
  return ok({ command, invocation: toInvocation(positionals, values) });
}

/** The one whose name the words begin with. */
export function findNamed<T extends { readonly name: string }>(
  all: readonly T[],
  argv: readonly string[],
): T | undefined {
  for (let count = NAME_WORDS; count > 0; count--) {
    const words = argv.slice(0, count).join(' ');
    const found = all.find(({ name }) => name === words);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Words that begin with a dash end the name that somebody tried to write. The first word of several
 * commands, alone or behind `help`, asks for help on them.
 */
function withoutCommand(commands: readonly Command[], argv: readonly string[]): UsageProblem {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const named = end === -1 ? argv : argv.slice(0, end);
  const words = named[0] === 'help' ? named.slice(1) : named;
  const [first, second] = words;
  if (first === undefined) return {};
  const command = findNamed(commands, words);
  if (command !== undefined) return { command };
  const family = commands.filter(({ name }) => name.startsWith(`${first} `));
  const meant = family.length > 0 ? { family } : {};
  if (family.length > 0 && second === undefined) return meant;
  const repeated = words.slice(0, NAME_WORDS).filter(({ length }) => length <= MAX_REPEATED_CHARS);
  const name = repeated.join(' ');
  return { ...meant, sentence: `Cannot run "${name}": it must be one of the commands` };
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function parseWords(
  command: Command,
  words: readonly string[],
): Result<{ readonly positionals: readonly string[]; readonly values: Values }, string> {
  const declared = Object.entries(command.options).map(([name, { value, repeats }]) => {
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, { type, multiple: repeats === true }] as const;
  });
  const options = {
    ...Object.fromEntries(declared),
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    const { positionals, values, tokens } = parseArgs({
      args: attachValues(command, words),
      options,
      allowPositionals: true,
      tokens: true,
    });
    const twice = findRepetition(command, tokens);
    return twice === undefined ? ok({ positionals, values }) : err(twice);
  } catch (error) {
    // Its sentences end in advice on syntax, from the second one on.
    const [problem = ''] = error instanceof Error ? error.message.split(/[.\n] ?/) : [];
    return err(`Cannot read the command line: ${problem}`);
  }
}

/** A value may begin with a dash, as keys do: `parseArgs` takes it as one only where it is attached. */
function attachValues({ options }: Command, words: readonly string[]): string[] {
  const nameOf = (word = '') => /^--([^=]+)/.exec(word)?.[1] ?? '';
  const isOption = (word: string) =>
    ['--', '-h', '--help'].includes(word) || options[nameOf(word)] !== undefined;
  const attached: string[] = [];
  let rest = words;
  for (let [word, next] = rest; word !== undefined && word !== '--'; [word, next] = rest) {
    const takesNext = !word.includes('=') && options[nameOf(word)]?.value !== undefined;
    const isPair = takesNext && next !== undefined && !isOption(next);
    attached.push(isPair ? `${word}=${next}` : word);
    rest = rest.slice(isPair ? 2 : 1);
  }
  return [...attached, ...rest];
}

/** The last of two values would win without a word. */
function findRepetition(
  command: Command,
  tokens: readonly { readonly kind: string; readonly name?: string }[],
): string | undefined {
  const names = tokens.flatMap(({ kind, name }) => (kind === 'option' && name ? [name] : []));
  const twice = names.find(
    (name, index) => names.indexOf(name) < index && command.options[name]?.repeats !== true,
  );
  return twice && `Cannot read the command line: "--${twice}" must be given once`;
}

function checkCount(command: Command, given: readonly string[]): string | undefined {
  const missing = command.positionals.slice(given.length).find((word) => word.startsWith('<'));
  if (missing !== undefined) return `Cannot run "${command.name}": ${missing} must be given`;
  const extra = given[command.positionals.length];
  return extra === undefined ? undefined : `Cannot run "${command.name}": ${toComplaint(extra)}`;
}

function toComplaint(extra: string): string {
  return extra.length > MAX_REPEATED_CHARS
    ? 'nothing must follow'
    : `nothing must follow, as "${extra}" does`;
}

function toInvocation(positionals: readonly string[], values: Values): Invocation {
  const listOf = (option: string) => [values[option] ?? []].flat();
  return {
    positionals,
    value: (option) => listOf(option).find((value) => typeof value === 'string'),
    values: (option) => listOf(option).filter((value) => typeof value === 'string'),
    has: (option) => values[option] === true,
  };
}
