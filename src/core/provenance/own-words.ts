/**
 * The principal's own words in a message of his: what he typed, without what he visibly pasted.
 *
 * Whoever pastes an email or a page into his message speaks for himself around it, not in it: what
 * stands in a quotation, a fenced block, a forwarded mail or an element is somebody else's. This
 * looks at marks that people and programs leave. A paste without any mark reads as typed; that is
 * the limit of what can be told from a text.
 *
 * @module
 */

/** Longest part of one message that counts, in UTF-16 code units: nobody types more than this. */
export const MAX_OWN_WORDS = 8_192;

/** Most elements that are cut out of one message; what follows the last is not looked at. */
const MAX_ELEMENTS = 32;

const FENCE = /^\s{0,3}(?:```|~~~)/;
const QUOTED = /^\s{0,3}>/;

/** From here to the end a message is somebody else's mail. */
const FORWARD =
  /^\s{0,8}(?:-{2,12} ?(?:original|forwarded) message ?-{2,12}|begin forwarded message:|on .{4,160} wrote:)\s{0,8}$/i;

const MAIL_HEADER =
  /^\s{0,8}(?:from|to|cc|bcc|subject|date|sent|reply-to|received|return-path|message-id): ?\S/i;

/** Adjacent header lines that make the rest a mail: one alone may be an ordinary sentence. */
const MIN_HEADERS = 2;

const OPENING = /<([a-z][a-z0-9_-]{0,31})(?: [^<>\n]{0,200})?>/i;

/** The words that count as the principal's. Marks of other people's words win over everything. */
export function ownWords(message: string): string {
  return withoutElements(ownLines(message.slice(0, MAX_OWN_WORDS)).join('\n'));
}

function ownLines(text: string): string[] {
  const lines = text.split(/\r\n?|\n/);
  const own: string[] = [];
  let isFenced = false;
  for (const [index, line] of lines.entries()) {
    if (FENCE.test(line)) {
      isFenced = !isFenced;
      continue;
    }
    if (isFenced || QUOTED.test(line)) continue;
    if (FORWARD.test(line) || startsMail(lines, index)) break;
    own.push(line);
  }
  return own;
}

function startsMail(lines: readonly string[], index: number): boolean {
  const headers = lines.slice(index, index + MIN_HEADERS);
  return headers.length === MIN_HEADERS && headers.every((line) => MAIL_HEADER.test(line));
}

/** Up to the last closing tag of the name: an author inside cannot end his element early. */
function withoutElements(text: string): string {
  const kept: string[] = [];
  let rest = text;
  for (let cuts = 0; cuts < MAX_ELEMENTS; cuts++) {
    const opening = OPENING.exec(rest);
    if (opening === null) return [...kept, rest].join('\n');
    const from = opening.index;
    const closing = `</${opening[1]?.toLowerCase() ?? ''}>`;
    const end = rest.toLowerCase().lastIndexOf(closing);
    const afterTag = from + opening[0].length;
    kept.push(rest.slice(0, from));
    rest = rest.slice(end < afterTag ? afterTag : end + closing.length);
  }
  return kept.join('\n');
}
