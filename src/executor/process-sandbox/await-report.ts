/**
 * Waits for the child that puts a sandbox together, until it says that everything is in place.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { Fault } from '../../core/errors/fault.ts';

export interface Preparing {
  readonly child: ChildProcess;
  readonly stderr: Readable;
  /** Where the child reports, and how many lines. */
  readonly reports: Readable;
  readonly lines: number;
  /** What it makes, with its article. */
  readonly what: 'a sandbox' | 'a container';
  /** What must hold for the child to start at all, and for it to get to its report. */
  readonly needs: { readonly start: string; readonly report: string };
}

/** Longest time from the start of the child to its report. */
const READY_WITHIN_MS = 10_000;

/** Most that is kept of what it says when it fails, in characters. */
const MAX_COMPLAINT = 2_000;

/**
 * The report, as it was written. What comes on standard error from then on is left unread.
 *
 * @throws Fault `tier_unavailable`; then the child has been killed.
 */
export async function awaitReport(preparing: Preparing): Promise<string> {
  const { child, stderr, reports, lines, what, needs } = preparing;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let report = '';
  let complaint = '';
  const listen = (chunk: Buffer): void => {
    complaint = (complaint + chunk.toString()).slice(0, MAX_COMPLAINT);
  };
  const fail = (problem: string): void => {
    const cause = new Error(complaint);
    reject(new Fault('tier_unavailable', `Cannot start ${what}: ${problem}`, { cause }));
  };
  const tooLate = setTimeout(() => fail('it must be ready in time'), READY_WITHIN_MS);
  stderr.on('data', listen);
  child.on('error', () => fail(needs.start));
  child.once('close', () => fail(needs.report));
  reports.on('data', (chunk: Buffer) => {
    report += chunk.toString();
    if (report.split('\n').length > lines) resolve(report);
  });
  try {
    return await promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(tooLate);
    stderr.off('data', listen).pause();
  }
}
