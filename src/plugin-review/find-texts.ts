/**
 * Finds text among bytes, as compilers lay it down: ASCII, and UTF-16 (AssemblyScript, .NET, Java).
 *
 * @module
 */

export interface FoundText {
  readonly text: string;
  /** Of its first byte. */
  readonly offset: number;
}

/** Shortest run that is text; a credential has more, and chance makes shorter ones. */
export const MIN_TEXT_LENGTH = 12;

/** Characters handed to `String.fromCharCode` at once. */
const CHUNK = 4_096;

/** All runs of printable ASCII, tabs and line ends, in time linear in the bytes. */
export function findTexts(bytes: Uint8Array): readonly FoundText[] {
  return [...findRuns(bytes, 1), ...findRuns(bytes, 2, 0), ...findRuns(bytes, 2, 1)].sort(
    (a, b) => a.offset - b.offset,
  );
}

/** `width` 2 is UTF-16, little end first, beginning at an even or an odd byte. */
function findRuns(bytes: Uint8Array, width: 1 | 2, from = 0): readonly FoundText[] {
  const found: FoundText[] = [];
  let start = from;
  for (let at = from; ; at += width) {
    const isText =
      at < bytes.length && isTextByte(bytes[at] ?? 0) && (width === 1 || bytes[at + 1] === 0);
    if (isText) continue;
    const length = (at - start) / width;
    if (length >= MIN_TEXT_LENGTH) {
      found.push({ text: readRun(bytes, { start, end: at, width }), offset: start });
    }
    if (at >= bytes.length) return found;
    start = at + width;
  }
}

interface Run {
  readonly start: number;
  readonly end: number;
  readonly width: 1 | 2;
}

function readRun(bytes: Uint8Array, { start, end, width }: Run): string {
  let text = '';
  const step = CHUNK * width;
  for (let at = start; at < end; at += step) {
    const chunk = bytes.subarray(at, Math.min(end, at + step));
    const units = width === 1 ? chunk : chunk.filter((_, index) => index % 2 === 0);
    text += String.fromCharCode(...units);
  }
  return text;
}

function isTextByte(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
