/**
 * Runs a program for one call: writes what it is to read, reads what it writes, and waits for its
 * end.
 *
 * @module
 */

import type { Writable } from 'node:stream';
import { type BoundedOutput, readBounded, toPlainText } from './bounded-output.ts';
import type { EgressReport } from './egress-proxy/egress-report.ts';
import type { Job } from './job.ts';
import type { SandboxEnd } from './sandbox.ts';
import type { ProgramOrder, StartProgram } from './start-program.ts';

/** Most of standard error that is kept, in bytes. */
export const MAX_LOG_BYTES = 65_536;

export interface Ran {
  readonly end: SandboxEnd;
  readonly stdout: BoundedOutput;
  readonly stderr: BoundedOutput;
  readonly network?: EgressReport;
}

export interface OnceOrder extends ProgramOrder {
  readonly input: string;
  /** What becomes of a program that writes more than it may. */
  readonly onFlood: 'kill' | 'cut';
}

export async function runOnce(start: StartProgram, order: OnceOrder, job: Job): Promise<Ran> {
  const program = await start(order);
  const cancel = () => program.kill('cancelled');
  if (job.signal.aborted) cancel();
  job.signal.addEventListener('abort', cancel);
  const flood = order.onFlood === 'kill' ? () => program.kill('output') : () => undefined;
  const stdout = readBounded(program.stdout, order.limits.outputBytes, flood);
  const stderr = readBounded(program.stderr, MAX_LOG_BYTES);
  writeAll(program.stdin, order.input);
  try {
    const end = await program.ended;
    const network = await program.closeNetwork();
    return { end, stdout: await stdout, stderr: await stderr, ...(network && { network }) };
  } finally {
    job.signal.removeEventListener('abort', cancel);
  }
}

/** A program need not read what it is given. */
function writeAll(stdin: Writable, text: string): void {
  stdin.on('error', () => undefined);
  stdin.end(text, 'utf8');
}

export function logOf({ stderr }: Ran): string {
  return toPlainText(stderr.text);
}
