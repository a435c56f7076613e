/**
 * Where a value may have come from, by all that a conversation has heard.
 *
 * Trusted are the principal's own words, and the fields that tools vouch for. The rest of the
 * conversation is not looked at: a value that stands there alone has come from outsiders. Messages
 * are kept as they are until the first question, since most turns never ask one.
 *
 * @module
 */

import type { Message, ToolMessage, UserMessage } from '../conversation/message.ts';
import { AttributedTexts } from './attributed-texts.ts';
import { listTexts, readArguments, readJson } from './echoed-arguments.ts';
import { foldedText } from './folded-text.ts';
import { isHandle } from './handle.ts';
import { type Comparison, KnownText } from './known-text.ts';
import { listLinkForms } from './link-forms.ts';
import { ownWords } from './own-words.ts';
import { ToldValues } from './told-values.ts';
import { isVouched, listLeaves, type ResultLeaf } from './trusted-fields.ts';
import { VouchedValues } from './vouched-values.ts';

/** From the most to the least of trust. */
export type Origin = 'principal' | 'field' | 'untrusted';

/** Longest value that is looked for, in UTF-16 code units; a longer one is untrusted. */
export const MAX_VALUE_LENGTH = 2_048;

/** Most characters of each origin that are searched; the newest count. */
export const MAX_KNOWN_CHARS = 1_048_576;

/** Most parts of which a value may be composed. */
const MAX_PARTS = 32;

/** Marks between the parts of a list, and around an address behind a name. */
const BETWEEN_PARTS = /[\s,;<>()[\]"']+/u;
const BETWEEN_STEPS = /\/+/;

const TRUST_ORDER = ['principal', 'field', 'untrusted'] as const satisfies Origin[];

interface Heard {
  readonly origin: Exclude<Origin, 'untrusted'>;
  readonly text: KnownText | VouchedValues;
  readonly chars: number;
}

/** One of a few answers is one, also where an argument happens to be the same. */
function isBorneOut({ value, integrity }: ResultLeaf, doubtful: ToldValues): boolean {
  if (integrity === 'declassified') return true;
  return integrity === 'arguments' ? doubtful.isEmpty : !doubtful.areRepeatedBy(value);
}

export class HeardValues {
  #unread: Message[];
  readonly #heard: Heard[] = [];
  /** Calls that no result has answered yet, as they were written, by the model's own id. */
  readonly #calls = new Map<string, string>();
  readonly #answers = new Map<string, Origin>();
  readonly #attributed = new AttributedTexts();
  /** The principal's words of the turn that runs. */
  #request: KnownText | undefined;

  constructor(history: readonly Message[]) {
    this.#unread = [...history];
  }

  hear(message: Message): void {
    this.#unread.push(message);
  }

  /** Where a value came from: of several possible origins the most trusted one. */
  originOf(value: string | number | boolean, comparison: Comparison): Origin {
    this.#readAll();
    const key = `${comparison}:${typeof value}:${value}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const origin = this.#find(value, comparison);
    this.#answers.set(key, origin);
    return origin;
  }

  /** Whether it stands in a text of an outsider that the principal has pointed to. */
  isAttributed(value: string | number | boolean, comparison: Comparison): boolean {
    this.#readAll();
    if (typeof value === 'boolean' || String(value).length > MAX_VALUE_LENGTH) return false;
    return this.#attributed.holds(value, comparison, (name) => this.#isNamed(name));
  }

  /** Whether somebody who is trusted has named a number of this order, or a greater one. */
  reaches(value: number): boolean {
    this.#readAll();
    return value >= 0 && this.#heard.some(({ text }) => text.reaches(value));
  }

  /** Whether the principal says one of these words, in the message that the turn answers. */
  isAskedFor(words: readonly string[]): boolean {
    this.#readAll();
    return words.some((word) => this.#request?.says(word) ?? false);
  }

  #find(value: string | number | boolean, comparison: Comparison): Origin {
    if (typeof value === 'boolean') return 'untrusted';
    if (typeof value === 'number') return this.#firstOrigin((text) => text.holdsNumber(value));
    if (value.trim() === '') return 'principal';
    if (value.length > MAX_VALUE_LENGTH) return 'untrusted';
    const forms = comparison === 'exact' ? [value] : listLinkForms(foldedText(value));
    const whole = this.#firstOrigin((text) => forms.some((form) => text.holds(form, comparison)));
    return whole === 'untrusted' ? this.#compose(value, comparison) : whole;
  }

  /** As a whole: a name that is composed of the principal's words is not one that he has said. */
  #isNamed(name: string): boolean {
    return this.#firstOrigin((text) => text.holds(name, 'folded')) === 'principal';
  }

  /** Composed of trusted parts, a value is as trusted as the least of them. */
  #compose(value: string, comparison: Comparison): Origin {
    const between = comparison === 'exact' ? BETWEEN_STEPS : BETWEEN_PARTS;
    const parts = value.split(between).filter((part) => part !== '');
    if (parts.length < 2 || parts.length > MAX_PARTS) return 'untrusted';
    const origins = parts.map((part) => this.#firstOrigin((text) => text.holds(part, comparison)));
    return TRUST_ORDER.findLast((origin) => origins.includes(origin)) ?? 'untrusted';
  }

  #firstOrigin(holds: (text: Heard['text']) => boolean): Origin {
    for (const origin of ['principal', 'field'] as const) {
      if (this.#heard.some((heard) => heard.origin === origin && holds(heard.text))) return origin;
    }
    return 'untrusted';
  }

  #readAll(): void {
    const unread = this.#unread;
    this.#unread = [];
    for (const message of unread) this.#read(message);
  }

  #read(message: Message): void {
    if (message.role === 'user') this.#readWords(message);
    else if (message.role === 'tool') this.#readResult(message);
    else if (message.role === 'assistant') {
      for (const call of message.toolCalls) this.#calls.set(call.id, call.argumentsText);
    }
  }

  #readWords({ content, label, author }: UserMessage): void {
    this.#request = undefined;
    if (label.integrity !== 'trusted' || author === 'gateway') return;
    const words = ownWords(content);
    this.#request = new KnownText(words);
    this.#add({ origin: 'principal', text: this.#request, chars: words.length });
  }

  #readResult({ modelCallId, content, fields }: ToolMessage): void {
    const written = this.#calls.get(modelCallId);
    this.#calls.delete(modelCallId);
    if (fields === undefined || written === undefined) return;
    const result = readJson(content);
    const args = readArguments(written);
    if (result === undefined || args === undefined) return;
    const isDoubtful = (leaf: ResultLeaf['value']) =>
      typeof leaf !== 'boolean' && this.originOf(leaf, 'folded') === 'untrusted';
    const doubtful = new ToldValues(args.filter(isDoubtful));
    this.#attributed.add({ result, fields, args: listTexts(args), doubtful });

    const vouched: string[] = [];
    for (const { value, integrity } of listLeaves(result, fields)) {
      const isHidden = typeof value === 'string' && isHandle(value);
      if (!isHidden && isVouched(integrity) && isBorneOut({ value, integrity }, doubtful)) {
        vouched.push(String(value));
      }
    }
    if (vouched.length === 0) return;
    const chars = vouched.reduce((sum, value) => sum + value.length, 0);
    this.#add({ origin: 'field', text: new VouchedValues(vouched), chars });
  }

  #add(heard: Heard): void {
    this.#answers.clear();
    this.#heard.push(heard);
    this.#forgetOldest(heard.origin);
  }

  #forgetOldest(origin: Heard['origin']): void {
    const own = this.#heard.filter((heard) => heard.origin === origin);
    let chars = own.reduce((sum, heard) => sum + heard.chars, 0);
    for (const oldest of own) {
      if (chars <= MAX_KNOWN_CHARS) return;
      chars -= oldest.chars;
      this.#heard.splice(this.#heard.indexOf(oldest), 1);
    }
  }
}
