/**
 * Runs one of the official tools with this Node, and shows what it says.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Run {
  readonly status: number | null;
  readonly output: string;
}

export async function run(
  tool: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const program = join(import.meta.dirname, 'node_modules/.bin', tool);
  const child = spawn(process.execPath, [program, ...args], {
    cwd: import.meta.dirname,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, output };
}
