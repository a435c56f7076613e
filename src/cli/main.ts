/**
 * `sallyport`: from the command line to one command, and to its exit code.
 *
 * @module
 */

import type { Command } from './command.ts';
import { CommandFailure } from './command-failure.ts';
import { loadCommands } from './command-table.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { showCommandHelp, showHelp, usageOf } from './help.ts';
import { parseInvocation, type UsageProblem } from './parse-invocation.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** Runs one command line. Whatever happens is an exit code, never an exception. */
export async function main(
  argv: readonly string[],
  terminal: Terminal = createTerminal(process, process.env),
): Promise<ExitCode> {
  try {
    const commands = await loadCommands(argv);
    const parsed = parseInvocation(commands, argv);
    if (!parsed.ok) return explain(parsed.error, commands, terminal);
    return await parsed.value.command.run(parsed.value.invocation, terminal);
  } catch (error) {
    return fail(
      error instanceof CommandFailure ? error : CommandFailure.broken(`${error}`),
      terminal,
    );
  }
}

function fail({ message, lines, exitCode }: CommandFailure, terminal: Terminal): ExitCode {
  terminal.problem(`sallyport: ${message}`);
  for (const line of lines) terminal.problem(`  ${line}`);
  return exitCode;
}

function explain(
  { command, family, sentence }: UsageProblem,
  commands: readonly Command[],
  terminal: Terminal,
): ExitCode {
  if (sentence === undefined) {
    if (command === undefined) showHelp(terminal, family ?? commands);
    else showCommandHelp(terminal, command);
    return EXIT.ok;
  }
  terminal.problem(`sallyport: ${sentence}`);
  terminal.problem(`usage: ${command === undefined ? usageOfFamily(family) : usageOf(command)}`);
  return EXIT.usage;
}

function usageOfFamily(family: readonly Command[] = []): string {
  const [word] = family.map(({ name }) => name.split(' ')[0]);
  return ['npx --no sallyport help', ...(word === undefined ? [] : [word])].join(' ');
}
