/**
 * One command of the command line, and one invocation of it.
 *
 * @module
 */

import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface OptionDeclaration {
  /** The word that stands for its value in the usage; without one it is a switch. */
  readonly value?: string;
  readonly repeats?: true;
  readonly help: string;
}

export interface Command {
  /** Its words, such as `plugin new`. */
  readonly name: string;
  readonly summary: string;
  /** As they stand in the usage: `<name>` is needed, `[name]` may be left out. */
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, OptionDeclaration>>;
  /** What else there is to know, line by line. */
  readonly details: readonly string[];
  readonly run: (invocation: Invocation, terminal: Terminal) => Promise<ExitCode>;
}

/** What was written on the command line, by an invocation that names all it must. */
export interface Invocation {
  readonly positionals: readonly string[];
  /** The value of an option that takes one; `undefined` if it was not given. */
  readonly value: (option: string) => string | undefined;
  readonly values: (option: string) => readonly string[];
  readonly has: (option: string) => boolean;
}
