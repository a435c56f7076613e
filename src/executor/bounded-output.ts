/**
 * Reads what a program writes, up to a limit. What is more is dropped while the pipe is kept open,
 * so that a flood costs no memory and nobody waits for it.
 *
 * @module
 */

import type { Readable } from 'node:stream';

export interface BoundedOutput {
  /** Whole characters; what is no UTF-8 is replaced. */
  readonly text: string;
  readonly truncated: boolean;
}

/** `onFull` is called once, when the first byte too many arrives. Never rejects. */
export async function readBounded(
  stream: Readable,
  maxBytes: number,
  onFull: () => void = () => undefined,
): Promise<BoundedOutput> {
  const chunks: Buffer[] = [];
  let kept = 0;
  let truncated = false;
  stream.on('data', (chunk: Buffer) => {
    const room = maxBytes - kept;
    if (chunk.length > room && !truncated) {
      truncated = true;
      onFull();
    }
    if (room <= 0) return;
    const part = chunk.subarray(0, room);
    chunks.push(part);
    kept += part.length;
  });
  stream.resume(); // somebody may have paused it, and who listens does not end that
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => resolve());
    if (stream.closed) resolve(); // and will not say so again
  });
  return { text: toWholeText(Buffer.concat(chunks), maxBytes), truncated };
}

/** A replaced byte may take three, and the last character may have been cut. */
function toWholeText(bytes: Buffer, maxBytes: number): string {
  const text = bytes.toString('utf8');
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const cut = Buffer.from(text, 'utf8').subarray(0, maxBytes).toString('utf8');
  return cut.replace(/\uFFFD+$/, '');
}

/** Terminal sequences: what a log must not hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

export function toPlainText(text: string): string {
  return text.replaceAll(ANSI, '').replaceAll(CONTROLS, '');
}
