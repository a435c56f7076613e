/**
 * Assertions on objects, and on their members.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../primitives/json.ts';
import { type Assertion, accepts, type Compile, type KeywordCompiler } from './assertion.ts';
import type { Context } from './evaluation.ts';
import { toMatcher } from './scalar-assertions.ts';

type ObjectAssertion = (object: JsonObject, context: Context) => boolean;

export const OBJECT_ASSERTIONS: Readonly<Record<string, KeywordCompiler>> = {
  required: (schema) => {
    const names = schema.required as readonly string[];
    return onObject((object, context) =>
      every(names, context, (name) => has(object, name, context)),
    );
  },
  minProperties: count('minProperties', 'at least', (length, limit) => length >= limit),
  maxProperties: count('maxProperties', 'at most', (length, limit) => length <= limit),
  dependentRequired: (schema) => {
    const dependents = Object.entries(schema.dependentRequired as NamesByName);
    return onObject((object, context) =>
      every(dependents, context, ([trigger, names]) => {
        if (!Object.hasOwn(object, trigger)) return true;
        return every(names, context, (name) => has(object, name, context));
      }),
    );
  },
  propertyNames: (schema, compile) => {
    const ofName = compile(schema.propertyNames as JsonValue);
    return onObject((object, context) =>
      every(Object.keys(object), context, (name) => {
        const { evaluation, place } = context;
        const isAccepted = evaluation.muted(() =>
          accepts(ofName, name, { evaluation, place, marks: undefined }),
        );
        return isAccepted || evaluation.report(place, 'it must have only names that are allowed');
      }),
    );
  },
  properties: (schema, compile) => {
    const members = Object.entries(schema.properties as JsonObject).map(
      ([name, member]) => [name, compile(member)] as const,
    );
    return onObject((object, context) =>
      every(members, context, ([name, ofMember]) => {
        const member = Object.hasOwn(object, name) ? object[name] : undefined;
        if (member === undefined) return true;
        context.marks?.names.add(name);
        const { evaluation, place } = context;
        return accepts(ofMember, member, {
          evaluation,
          place: place.at(name),
          marks: undefined,
        });
      }),
    );
  },
  patternProperties: (schema, compile) => {
    const patterns = Object.entries(schema.patternProperties as JsonObject).map(
      ([pattern, member]) => ({ matches: toMatcher(pattern), ofMember: compile(member) }),
    );
    return onObject((object, context) =>
      every(patterns, context, ({ matches, ofMember }) => {
        const spend = (work: number) => context.evaluation.spend(1 + work);
        const names = Object.keys(object).filter((name) => matches(name, spend));
        return every(names, context, (name) => acceptsUndeclared(object, name, ofMember, context));
      }),
    );
  },
  additionalProperties: (schema, compile) => {
    const isOther = toOtherNames(schema);
    return onOtherMembers(schema.additionalProperties as JsonValue, compile, isOther);
  },
  unevaluatedProperties: (schema, compile) =>
    onOtherMembers(
      schema.unevaluatedProperties as JsonValue,
      compile,
      (name, { marks }) => marks?.names.has(name) !== true,
    ),
};

type NamesByName = { readonly [name: string]: readonly string[] };
type OfMember = ReturnType<Compile>;

function onObject(assertion: ObjectAssertion): Assertion {
  return (value, context) => !isJsonObject(value) || assertion(value, context);
}

/** All of them, or as many as somebody still wants to hear of. */
function every<T>(items: readonly T[], { evaluation }: Context, holds: (item: T) => boolean) {
  evaluation.spend(items.length / 4);
  let hold = true;
  for (const item of items) {
    if (holds(item)) continue;
    hold = false;
    if (!evaluation.isReporting) break;
  }
  return hold;
}

function has(object: JsonObject, name: string, { evaluation, place }: Context): boolean {
  const isThere = Object.hasOwn(object, name);
  return isThere || evaluation.report(place, `it must have the member ${JSON.stringify(name)}`);
}

function count(
  keyword: string,
  relation: string,
  holds: (length: number, limit: number) => boolean,
): KeywordCompiler {
  return (schema) => {
    const limit = Number(schema[keyword]);
    const detail = `it must have ${relation} ${limit} members`;
    return onObject((object, { evaluation, place }) => {
      const { length } = Object.keys(object);
      evaluation.spend(length / 4);
      return holds(length, limit) || evaluation.report(place, detail);
    });
  };
}

/** The names that are left to `additionalProperties`. */
function toOtherNames(schema: JsonObject) {
  const declared = new Set(Object.keys((schema.properties as JsonObject | undefined) ?? {}));
  const patterns = Object.keys((schema.patternProperties as JsonObject | undefined) ?? {});
  const matchers = patterns.map(toMatcher);
  return (name: string, { evaluation }: Context): boolean => {
    const spend = (work: number) => evaluation.spend(1 + work);
    return !declared.has(name) && !matchers.some((matches) => matches(name, spend));
  };
}

function onOtherMembers(
  schema: JsonValue,
  compile: Compile,
  isOther: (name: string, context: Context) => boolean,
): Assertion {
  const ofMember = compile(schema);
  return onObject((object, context) => {
    const { evaluation, place } = context;
    const others = Object.keys(object).filter((name) => isOther(name, context));
    if (schema === false && others.length > 0) {
      return evaluation.report(place, 'it must have only members that its schema declares');
    }
    return every(others, context, (name) => acceptsUndeclared(object, name, ofMember, context));
  });
}

/** The name of such a member comes from outside, so what is reported has the object's place. */
function acceptsUndeclared(
  object: JsonObject,
  name: string,
  ofMember: OfMember,
  { evaluation, place, marks }: Context,
): boolean {
  marks?.names.add(name);
  const member = object[name];
  if (member === undefined) return true;
  return accepts(ofMember, member, { evaluation, place: place.sealed(), marks: undefined });
}
