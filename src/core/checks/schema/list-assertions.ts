/**
 * Assertions on lists, and on their items.
 *
 * @module
 */

import { canonicalJson } from '../../primitives/canonical-json.ts';
import type { JsonArray, JsonValue } from '../../primitives/json.ts';
import { type Assertion, accepts, type CompiledSchema, type KeywordCompiler } from './assertion.ts';
import type { Context } from './evaluation.ts';

type ListAssertion = (list: JsonArray, context: Context) => boolean;

export const LIST_ASSERTIONS: Readonly<Record<string, KeywordCompiler>> = {
  minItems: count('minItems', 'at least', (length, limit) => length >= limit),
  maxItems: count('maxItems', 'at most', (length, limit) => length <= limit),
  uniqueItems: (schema) => {
    if (schema.uniqueItems !== true) return () => true;
    const most = Number(schema.maxItems);
    return onList((list, { evaluation, place }) => {
      if (list.length > most) return true; // `maxItems` refuses it
      const texts = list.map((item) => {
        const text = canonicalJson(item);
        evaluation.spend(1 + text.length / 64);
        return text;
      });
      const areDifferent = new Set(texts).size === texts.length;
      return areDifferent || evaluation.report(place, 'its items must differ');
    });
  },
  prefixItems: (schema, compile) => {
    const places = (schema.prefixItems as JsonArray).map(compile);
    return onList((list, context) =>
      everyItem(list.slice(0, places.length), context, (item, index) => {
        const ofItem = places[index];
        return ofItem === undefined || acceptsItem(ofItem, item, index, context);
      }),
    );
  },
  items: (schema, compile) => {
    const ofItem = compile(schema.items as JsonValue);
    const from = Array.isArray(schema.prefixItems) ? schema.prefixItems.length : 0;
    return onList((list, context) =>
      everyItem(list, context, (item, index) => {
        return index < from || acceptsItem(ofItem, item, index, context);
      }),
    );
  },
  contains: (schema, compile) => {
    const ofItem = compile(schema.contains as JsonValue);
    const least = schema.minContains === undefined ? 1 : Number(schema.minContains);
    const most = schema.maxContains === undefined ? Infinity : Number(schema.maxContains);
    return onList((list, context) => {
      const { evaluation, place } = context;
      const found = evaluation.muted(() => countAccepted(list, ofItem, context));
      if (found < least) return evaluation.report(place, `it must hold ${least} such items`);
      return found <= most || evaluation.report(place, `it must hold at most ${most} such items`);
    });
  },
  unevaluatedItems: (schema, compile) => {
    const ofItem = compile(schema.unevaluatedItems as JsonValue);
    return onList((list, context) =>
      everyItem(list, context, (item, index) => {
        return (
          context.marks?.items.has(index) === true || acceptsItem(ofItem, item, index, context)
        );
      }),
    );
  },
};

function onList(assertion: ListAssertion): Assertion {
  return (value, context) => !isList(value) || assertion(value, context);
}

function isList(value: JsonValue): value is JsonArray {
  return Array.isArray(value);
}

function count(
  keyword: string,
  relation: string,
  holds: (length: number, limit: number) => boolean,
): KeywordCompiler {
  return (schema) => {
    const limit = Number(schema[keyword]);
    const detail = `it must have ${relation} ${limit} items`;
    return onList(
      ({ length }, { evaluation, place }) =>
        holds(length, limit) || evaluation.report(place, detail),
    );
  };
}

function everyItem(
  list: JsonArray,
  { evaluation }: Context,
  holds: (item: JsonValue, index: number) => boolean,
): boolean {
  evaluation.spend(list.length / 4);
  let hold = true;
  for (const [index, item] of list.entries()) {
    if (holds(item, index)) continue;
    hold = false;
    if (!evaluation.isReporting) break;
  }
  return hold;
}

function acceptsItem(
  ofItem: CompiledSchema,
  item: JsonValue,
  index: number,
  context: Context,
): boolean {
  const { evaluation, place, marks } = context;
  marks?.items.add(index);
  return accepts(ofItem, item, { evaluation, place: place.at(index), marks: undefined });
}

/** Only the items that are accepted count as looked at. */
function countAccepted(list: JsonArray, ofItem: CompiledSchema, context: Context): number {
  const { evaluation, place, marks } = context;
  let found = 0;
  for (const [index, item] of list.entries()) {
    if (!accepts(ofItem, item, { evaluation, place, marks: undefined })) continue;
    marks?.items.add(index);
    found += 1;
  }
  return found;
}
