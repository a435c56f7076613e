/**
 * Whether a message of Teams holds words of somebody else: it comes as plain text, in which what is passed
 * on cannot be told from what was typed, and as HTML, which says so.
 *
 * Teams documents neither. This reads what its clients send, and takes what it cannot be sure of for words
 * of somebody else.
 *
 * @module
 */

/** What is looked at of an attachment. */
export interface MarkedUp {
  readonly contentType?: string | undefined;
  readonly content?: unknown;
}

const FORWARDED = /\bitemtype\s{0,8}=\s{0,8}["']?https?:\/\/schema\.skype\.com\/Forward\b/i;
const FORWARDED_MESSAGE = 'forwardedMessageReference';

const QUOTE = /schema\.skype\.com\/Reply\b/i;
const QUOTE_END = '</blockquote>';
const QUOTED = /\bitemprop=["'](?:preview|copy)["']/i;
const QUOTED_END = '</p>';

/** Most quotes that are looked for, of which Teams writes one or a few; and what is looked for of each. */
const MAX_QUOTES = 16;
const SOUGHT_CHARS = 64;

/** In the text, in place of what is quoted. */
const PLACE = /<quoted\b[^<>]*\/>/g;

export function withoutQuotePlaces(text: string): string {
  return text.replace(PLACE, '');
}

export function holdsWordsOfOthers(text: string, attachments: readonly MarkedUp[]): boolean {
  if (attachments.some(({ contentType }) => contentType === FORWARDED_MESSAGE)) return true;
  const html = attachments.map(toHtml).join('\n');
  const quotes = quotesOf(html);
  if (FORWARDED.test(html) || quotes.length > MAX_QUOTES) return true;
  const said = toLetters(text);
  return quotes.some((quote) => said.includes(quote.slice(0, SOUGHT_CHARS)));
}

function toHtml({ contentType, content }: MarkedUp): string {
  return contentType === 'text/html' && typeof content === 'string' ? content : '';
}

/** What is answered may be part of the text, or only be shown above it. */
function quotesOf(html: string): readonly string[] {
  const quotes = sections(html, QUOTE, QUOTE_END);
  return [...quotes, ...quotes.flatMap((quote) => sections(quote, QUOTED, QUOTED_END))]
    .map((quote) => toLetters(toText(quote)))
    .filter((quote) => quote !== '');
}

/** Of the entities, those that can be letters: what is named is a sign, as Teams writes it. */
function toText(html: string): string {
  return html
    .replace(/<[^<>]*>/g, ' ')
    .replace(/&#(x?)([0-9a-f]{1,6});/gi, (_, hex, digits) => toCharacter(digits, hex ? 16 : 10))
    .replace(/&\w{1,16};/g, ' ');
}

function toCharacter(digits: string, radix: number): string {
  const code = Number.parseInt(digits, radix);
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : ' ';
}

/** Behind each tag that holds the mark. */
function sections(html: string, mark: RegExp, end: string): readonly string[] {
  return html
    .split(mark)
    .slice(1)
    .map((after) => after.slice(after.indexOf('>') + 1).split(end, 1)[0] ?? '');
}

/** So that both forms of the same words are the same. */
function toLetters(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
