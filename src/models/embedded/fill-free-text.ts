/**
 * Free text for an argument: a payload after a colon, a quotation, what an earlier call returned,
 * or, where nothing else is left, the words after a preposition.
 *
 * @module
 */

import type { JsonValue } from '../../core/primitives/json.ts';
import type { ClauseValues } from './clause-values.ts';
import type { FillSource } from './fill-source.ts';
import { withoutMarks } from './literals.ts';
import { isBodyProperty } from './property-purpose.ts';
import type { Clause } from './split-request.ts';
import { type ToolProperty, typesOf } from './tool-properties.ts';

const REFERENCE =
  /\b(?:it|its|that|this|them|these|those|(?:the|that|this) (?:result|results|response|output|answer|text|body|content|page))\b/i;
const AFTER_PREPOSITION = /\s(?:in|of|for|on|from|about|with|to)\s{1,4}(\S[\s\S]*)$/i;

/** Whether the clause speaks of something that an earlier call returned. */
export function isReference(clause: Clause): boolean {
  return clause.payload === undefined && REFERENCE.test(clause.head);
}

export function fillFreeText(
  property: ToolProperty,
  values: ClauseValues,
  source: FillSource,
): JsonValue | undefined {
  const types = typesOf(property);
  if (!property.isRequired && !isBodyProperty(property)) return undefined;
  if (types.includes('string')) return findText(property, values, source);
  return types.includes('array') && property.isRequired
    ? toList(property, values.takePayload())
    : undefined;
}

function findText(
  property: ToolProperty,
  values: ClauseValues,
  source: FillSource,
): string | undefined {
  const given =
    values.takeLiteral('fence') ??
    values.takePayload() ??
    values.takeLiteral('quote', 'json') ??
    (property.isRequired ? values.takeLiteral('path', 'url') : undefined);
  if (given !== undefined || !property.isRequired) return given;
  // A word such as "it" is never the text itself; the earlier result may not be there yet.
  if (isReference(source.clause)) return source.previous ?? source.spare;
  return source.spare ?? wordsAfterPreposition(values.head) ?? plainWords(values.afterName);
}

function wordsAfterPreposition(head: string): string | undefined {
  return plainWords(AFTER_PREPOSITION.exec(` ${withoutMarks(head)}`)?.[1]);
}

/** Without the end of the sentence that asks for it. */
function plainWords(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const words = withoutMarks(text)
    .trim()
    .replace(/(?:,?\s{1,4}please)?[.!?]{0,8}$/i, '');
  return words === '' ? undefined : words;
}

/** "1, 2 and 3" as a list, of numbers where the schema asks for numbers. */
function toList({ schema }: ToolProperty, text: string | undefined): JsonValue | undefined {
  if (text === undefined) return undefined;
  const items = text
    .split(/,\s{0,4}(?:and\s{1,4})?|\s{1,4}and\s{1,4}|\n/)
    .filter((item) => item !== '');
  const { items: itemSchema } = schema;
  const isNumeric = JSON.stringify(itemSchema ?? {}).match(/"type":"(?:number|integer)"/) !== null;
  return isNumeric ? items.map(Number).filter(Number.isFinite) : items.map((item) => item.trim());
}
