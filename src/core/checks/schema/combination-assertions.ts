/**
 * Assertions that apply other schemas to the same value.
 *
 * @module
 */

import {
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
} from '../../primitives/json.ts';
import { accepts, type CompiledSchema, type KeywordCompiler } from './assertion.ts';
import type { Context } from './evaluation.ts';

export const COMBINATION_ASSERTIONS: Readonly<Record<string, KeywordCompiler>> = {
  allOf: (schema, compile) => {
    const branches = (schema.allOf as JsonArray).map(compile);
    return (value, context) => {
      let hold = true;
      for (const branch of branches) {
        if (!accepts(branch, value, context)) hold = false;
        if (!hold && !context.evaluation.isReporting) break;
      }
      return hold;
    };
  },
  anyOf: (schema, compile) => {
    const branches = (schema.anyOf as JsonArray).map(compile);
    return (value, context) => {
      const enough = context.marks === undefined ? 1 : branches.length;
      const found = countBranches(branches, value, { context, enough });
      return found > 0 || report(context, 'it must match at least one of the alternatives');
    };
  },
  oneOf: (schema, compile) => {
    const branches = (schema.oneOf as JsonArray).map(compile);
    return (value, context) => {
      const found = countBranches(branches, value, { context, enough: 2 });
      return found === 1 || report(context, 'it must match exactly one of the alternatives');
    };
  },
  not: (schema, compile) => {
    const refused = compile(schema.not as JsonValue);
    return (value, context) => {
      const { evaluation, place } = context;
      const isRefused = evaluation.muted(() =>
        accepts(refused, value, { evaluation, place, marks: undefined }),
      );
      return !isRefused || report(context, 'it must not match what is excluded');
    };
  },
  if: (schema, compile) => {
    const condition = compile(schema.if as JsonValue);
    const positive = compile(schema.then ?? true);
    const negative = compile(schema.else ?? true);
    return (value, context) => {
      const holds = context.evaluation.muted(() => accepts(condition, value, context));
      return accepts(holds ? positive : negative, value, context);
    };
  },
  dependentSchemas: (schema, compile) => {
    const dependents = Object.entries(schema.dependentSchemas as JsonObject).map(
      ([name, dependent]) => [name, compile(dependent)] as const,
    );
    return (value, context) =>
      !isJsonObject(value) ||
      dependents.every(
        ([name, dependent]) => !Object.hasOwn(value, name) || accepts(dependent, value, context),
      );
  },
};

function countBranches(
  branches: readonly CompiledSchema[],
  value: JsonValue,
  { context, enough }: { readonly context: Context; readonly enough: number },
): number {
  return context.evaluation.muted(() => {
    let found = 0;
    for (const branch of branches) {
      if (accepts(branch, value, context)) found += 1;
      if (found === enough) break;
    }
    return found;
  });
}

function report({ evaluation, place }: Context, detail: string): false {
  return evaluation.report(place, detail);
}
