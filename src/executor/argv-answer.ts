/**
 * What a call of protocol `argv` is answered: how its program ended, and as much of what it wrote as
 * there is room for.
 *
 * @module
 */

import { canonicalJson } from '../core/primitives/canonical-json.ts';
import type { BoundedOutput } from './bounded-output.ts';
import type { SandboxEnd } from './sandbox.ts';

interface Written {
  readonly end: Pick<SandboxEnd, 'exitCode' | 'signal'>;
  /** What ended the program before it did so itself. */
  readonly endedBy?: string;
  readonly stdout: BoundedOutput;
  readonly stderr: BoundedOutput;
}

export interface ArgvAnswer {
  readonly output: string;
  /** Whether more was written than it says. */
  readonly truncated: boolean;
}

/** Nothing where not even the end has room. */
export function toArgvAnswer(written: Written, maxBytes: number): ArgvAnswer | undefined {
  const { end, endedBy, stdout, stderr } = written;
  const toText = (texts: object, truncated: boolean) =>
    canonicalJson({
      ...(endedBy !== undefined && { endedBy }),
      ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
      ...(end.signal !== undefined && { signal: end.signal }),
      ...{ stdout: '', stderr: '', ...texts, truncated },
    });
  const room = maxBytes - Buffer.byteLength(toText({}, false));
  if (room < 0) return undefined;
  // Neither crowds out the other: half is for each, and what one leaves.
  const errorRoom = Math.max(Math.floor(room / 2), room - bytesOf(stdout.text));
  const errors = startOf(stderr.text, errorRoom);
  const texts = { stdout: startOf(stdout.text, room - bytesOf(errors)), stderr: errors };
  const isCut = texts.stdout !== stdout.text || errors !== stderr.text;
  const truncated = isCut || stdout.truncated || stderr.truncated;
  return { output: toText(texts, truncated), truncated };
}

/** As JSON it is longer than what was written. */
function bytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** The longest beginning, of whole characters, that has room. */
function startOf(text: string, room: number): string {
  if (bytesOf(text) <= room) return text;
  let fits = 0;
  let exceeds = Math.min(text.length, room + 1);
  while (exceeds - fits > 1) {
    const middle = Math.floor((fits + exceeds) / 2);
    if (bytesOf(text.slice(0, middle)) <= room) fits = middle;
    else exceeds = middle;
  }
  return text.slice(0, fits).replace(/[\ud800-\udbff]$/, '');
}
