/**
 * What the command line says about itself.
 *
 * @module
 */

import type { Command, OptionDeclaration } from './command.ts';
import type { Terminal } from './terminal.ts';

/** As it is to be typed, so that no stranger's package is ever run. */
const PROGRAM = 'npx --no sallyport';

const EXIT_CODES = 'Exit codes: 0 done, 1 the answer is no, 2 wrong command line, 3 not possible';

export function showHelp(terminal: Terminal, commands: readonly Command[]): void {
  terminal.line(
    'Sallyport: an agent gateway. Plugins, receipts, tokens, policies, audits and executors',
  );
  terminal.line();
  const width = Math.max(...commands.map(({ name }) => name.length));
  for (const { name, summary } of commands) {
    terminal.line(`  ${PROGRAM} ${name.padEnd(width)}  ${summary}`);
  }
  terminal.line();
  terminal.line('Each says more with --help behind its name.');
  terminal.line(EXIT_CODES);
}

export function showCommandHelp(terminal: Terminal, command: Command): void {
  terminal.line(`Usage: ${usageOf(command)}`);
  terminal.line();
  terminal.line(command.summary);
  for (const line of ['', ...command.details]) terminal.line(line);
  terminal.line();
  const options = Object.entries(command.options).map(
    ([name, option]) => [written(name, option), option.help] as const,
  );
  const width = Math.max(0, ...options.map(([text]) => text.length));
  for (const [text, help] of options) terminal.line(`  ${text.padEnd(width)}  ${help}`);
  if (options.length > 0) terminal.line();
  terminal.line(EXIT_CODES);
}

export function usageOf({ name, positionals, options }: Command): string {
  const rest = Object.keys(options).length > 0 ? ['[options]'] : [];
  return [PROGRAM, name, ...positionals, ...rest].join(' ');
}

function written(name: string, { value }: OptionDeclaration): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
