/**
 * A command line, run within the test: what it prints, and its exit code.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { createTerminal } from '../../../src/cli/terminal.ts';

export interface CommandRun {
  readonly exit: number;
  /** Byte for byte. */
  readonly out: string;
  readonly problems: string;
}

export async function runCommand(...argv: readonly string[]): Promise<CommandRun> {
  const out: string[] = [];
  const problems: string[] = [];
  const terminal = createTerminal(
    {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => problems.push(text) },
    },
    {},
  );
  const exit = await main(argv, terminal);
  return { exit, out: out.join(''), problems: problems.join('') };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
