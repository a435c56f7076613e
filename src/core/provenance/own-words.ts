/**
 * The principal's own words in a message of his: what he typed, without what he visibly pasted.
 *
 * Whoever pastes an email or a page into his message speaks for himself around it, not in it: what
 * stands in a quotation, a fenced block, a forwarded mail or an element is somebody else's. This
 * looks at marks that people and programs leave. A paste without any mark reads as typed; that is
 * the limit of what can be told from a text.
 *
 * Whoever wrote what was pasted may have put marks into it, too. They can only take words away: each
 * mark is looked for in the message as it was sent, and what has an end reaches to the last that it
 * could have.
 *
 * @module
 */

/** Longest part of one message that counts, in UTF-16 code units: nobody types more than this. */
export const MAX_OWN_WORDS = 8_192;

/** Most elements that are cut out of one message; what follows the last is not looked at. */
const MAX_ELEMENTS = 32;

const FENCE = /^\s{0,3}(`{3,}|~{3,})/;
const QUOTED = /^\s{0,3}>/;

/** From here to the end a message is somebody else's mail. */
const FORWARD =
  /^\s{0,8}(?:-{2,12} ?(?:original|forwarded) message ?-{2,12}|begin forwarded message:|on .{4,160} wrote:)\s{0,8}$/i;

const MAIL_HEADER =
  /^\s{0,8}(?:from|to|cc|bcc|subject|date|sent|reply-to|received|return-path|message-id): ?\S/i;

/** Adjacent header lines that make the rest a mail: one alone may be an ordinary sentence. */
const MIN_HEADERS = 2;

const OPENING = /<([a-z][a-z0-9_-]{0,31})(?: [^<>\n]{0,200})?>/gi;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The words that count as the principal's. Marks of other people's words win over everything. */
export function ownWords(message: string): string {
  const text = message.slice(0, MAX_OWN_WORDS);
  const foreign = [...listLines(text, message), ...listElements(text, message)];
  const kept: string[] = [];
  let done = 0;
  for (const { start, end } of foreign.toSorted((a, b) => a.start - b.start)) {
    if (start > done) kept.push(text.slice(done, start));
    done = Math.max(done, end);
  }
  return [...kept, text.slice(done)].join('\n');
}

interface Line extends Span {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** What whole lines are marked as, in the text with which a message begins. */
function* listLines(text: string, message: string): Generator<Span> {
  const lines = [...splitLines(text)];
  let done = 0;
  for (const [at, line] of lines.entries()) {
    if (line.start < done) continue;
    const fence = FENCE.exec(line.text)?.[1];
    if (fence !== undefined) done = endOfFence(fence, line, message);
    else if (FORWARD.test(line.text) || startsMail(lines, at)) done = message.length;
    else if (line.isQuoted) done = line.end;
    else continue;
    yield { start: line.start, end: done };
  }
}

/** Up to the last line that could end it, as with elements. */
function endOfFence(fence: string, { end }: Line, message: string): number {
  const last = endOfLast(new RegExp(`^[ \\t]{0,3}${fence}${fence[0]}*[ \\t]*$`, 'gm'), message);
  return last > end ? last : message.length;
}

/** A carriage return alone is the end of a line, but not of what is quoted in it. */
function* splitLines(text: string): Generator<Line> {
  let isWithinQuoted = false;
  for (const { 0: whole, index } of text.matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    const line = whole.replace(/[\r\n]+$/, '');
    const isQuoted: boolean = isWithinQuoted || QUOTED.test(line);
    yield { start: index, end: index + whole.length, text: line, isQuoted };
    isWithinQuoted = isQuoted && whole.endsWith('\r');
  }
}

function startsMail(lines: readonly Line[], at: number): boolean {
  const headers = lines.slice(at, at + MIN_HEADERS);
  return headers.length === MIN_HEADERS && headers.every(({ text }) => MAIL_HEADER.test(text));
}

/** Up to the last closing tag of the name: an author inside cannot end his element early. */
function* listElements(text: string, message: string): Generator<Span> {
  let done = 0;
  let cuts = 0;
  for (const { 0: tag, 1: name, index: start } of text.matchAll(OPENING)) {
    if (start < done) continue;
    if (cuts++ === MAX_ELEMENTS) {
      yield { start: done, end: message.length };
      return;
    }
    const end = endOfLast(new RegExp(`</${name}\\s{0,8}>`, 'gi'), message);
    done = Math.max(end, start + tag.length);
    yield { start, end: done };
  }
}

function endOfLast(expression: RegExp, text: string): number {
  let end = 0;
  for (const { 0: found, index } of text.matchAll(expression)) end = index + found.length;
  return end;
}
