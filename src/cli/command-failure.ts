/**
 * Ends a command with a sentence and an exit code, from however deep.
 *
 * @module
 */

import { EXIT, type ExitCode } from './exit-code.ts';

export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  /** What is shown below the sentence. */
  readonly lines: readonly string[];

  private constructor(exitCode: ExitCode, sentence: string, lines: readonly string[] = []) {
    super(sentence);
    this.exitCode = exitCode;
    this.lines = lines;
  }

  /** What was asked for has been looked at, and the answer is no. */
  static finding(sentence: string, lines: readonly string[] = []): CommandFailure {
    return new CommandFailure(EXIT.finding, sentence, lines);
  }

  /** Another command line would do. */
  static usage(sentence: string, lines: readonly string[] = []): CommandFailure {
    return new CommandFailure(EXIT.usage, sentence, lines);
  }

  static broken(sentence: string, lines: readonly string[] = []): CommandFailure {
    return new CommandFailure(EXIT.broken, sentence, lines);
  }
}
