/**
 * Texts of outsiders that the principal has pointed to: what an author wrote whom he names ("the
 * article that Bob posted"), and what he asks for by its own name ("do as letter.txt says").
 *
 * They stay untrusted: whoever wrote them may be anybody. But an argument may say that it wants no
 * more than this. An output schema marks with `x-sallyport-integrity` the field that says who wrote
 * its object (`author`), and the content of what the arguments name (`requested`). An author within
 * another's object speaks for himself, and what an author quotes is not his.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import { foldedText } from './folded-text.ts';
import { type Comparison, KnownText } from './known-text.ts';
import { listLinkForms } from './link-forms.ts';
import { ownWords } from './own-words.ts';
import type { ToldValues } from './told-values.ts';
import { itemOf, memberOf, type TrustedFields } from './trusted-fields.ts';

/** Most texts that are kept, and most characters of them all; the newest count. */
export const MAX_ATTRIBUTED_TEXTS = 1_024;
export const MAX_ATTRIBUTED_CHARS = 262_144;

/** Who or what must be named, all of it, for the text to count. */
type Names = readonly string[];

interface Attributed {
  readonly names: Names;
  readonly text: string;
}

interface KeptText {
  readonly names: Names;
  readonly known: KnownText;
  readonly chars: number;
}

export interface ReadResult {
  readonly result: JsonValue;
  readonly fields: TrustedFields;
  /** Leaves of the arguments of its call. */
  readonly args: Names;
  /** Those of them that nobody trusted has said. */
  readonly doubtful: ToldValues;
}

export class AttributedTexts {
  #kept: KeptText[] = [];
  #chars = 0;

  /** What a result merely repeats, nobody has written but the model. */
  add({ result, fields, args, doubtful }: ReadResult): void {
    for (const { names, text } of listAttributed(result, { fields, args, authors: [] })) {
      if (doubtful.areRepeatedBy(text) || doubtful.hold(foldedText(text))) continue;
      this.#kept.push({ names, known: new KnownText(text), chars: text.length });
      this.#chars += text.length;
    }
    this.#forgetOldest();
  }

  /** Whether a value stands as a whole in one of the texts whose names are all the principal's. */
  holds(
    value: string | number,
    comparison: Comparison,
    isNamed: (name: string) => boolean,
  ): boolean {
    const text = String(value);
    const forms = comparison === 'exact' ? [text] : listLinkForms(foldedText(text));
    const stands = (known: KnownText) =>
      typeof value === 'number'
        ? known.holdsNumber(value)
        : forms.some((form) => known.holds(form, comparison));
    return this.#kept.some(({ names, known }) => names.every(isNamed) && stands(known));
  }

  #forgetOldest(): void {
    let oldest = Math.max(0, this.#kept.length - MAX_ATTRIBUTED_TEXTS);
    for (const { chars } of this.#kept.slice(0, oldest)) this.#chars -= chars;
    for (; this.#chars > MAX_ATTRIBUTED_CHARS; oldest++) {
      this.#chars -= this.#kept[oldest]?.chars ?? this.#chars;
    }
    this.#kept = this.#kept.slice(oldest);
  }
}

interface Spot {
  readonly fields: TrustedFields | undefined;
  readonly args: Names;
  /** Of the nearest object that names its own. */
  readonly authors: Names;
}

function* listAttributed(value: JsonValue, spot: Spot): Generator<Attributed> {
  const { fields, args, authors } = spot;
  if (typeof value === 'string') {
    if (fields === 'requested') {
      if (args.length > 0) yield { names: args, text: value };
    } else if (typeof fields !== 'string' && authors.length > 0) {
      yield { names: authors, text: ownWords(value) };
    }
  } else if (isJsonObject(value)) {
    const own = authorsOf(value, fields);
    for (const [name, member] of Object.entries(value)) {
      yield* listAttributed(member, {
        fields: memberOf(fields, name),
        args,
        authors: own.length > 0 ? own : authors,
      });
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const item of value) yield* listAttributed(item, { ...spot, fields: itemOf(fields) });
  }
}

function authorsOf(object: JsonObject, fields: TrustedFields | undefined): Names {
  if (typeof fields !== 'object') return [];
  return Object.entries(object).flatMap(([name, member]) =>
    memberOf(fields, name) === 'author' && typeof member === 'string' && member.trim() !== ''
      ? [member]
      : [],
  );
}
