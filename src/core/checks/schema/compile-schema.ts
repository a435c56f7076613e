/**
 * Makes questions of an admitted schema, once, so that a repeated call costs microseconds.
 *
 * Nothing is generated and nothing is evaluated as code: a compiled schema is a graph of closures.
 * The packages that validate JSON Schema without `eval` can each be hung by a schema that doubles
 * its work with each level of the value, and cannot be stopped; here each step pays.
 *
 * @module
 */

import { isJsonObject, type JsonObject } from '../../primitives/json.ts';
import type { AdmittedSchema } from './admit-schema.ts';
import {
  type Assertion,
  accepts,
  type Compile,
  type CompiledSchema,
  type KeywordCompiler,
} from './assertion.ts';
import { COMBINATION_ASSERTIONS } from './combination-assertions.ts';
import { listSubschemas } from './keywords.ts';
import { LIST_ASSERTIONS } from './list-assertions.ts';
import { OBJECT_ASSERTIONS } from './object-assertions.ts';
import { locateSchemas, type SchemaLocations, toTarget } from './references.ts';
import { SCALAR_ASSERTIONS } from './scalar-assertions.ts';

/** In the order in which they are asked: cheap ones first. */
const COMPILERS: readonly (readonly [keyword: string, compiler: KeywordCompiler])[] =
  Object.entries({
    ...SCALAR_ASSERTIONS,
    ...OBJECT_ASSERTIONS,
    ...LIST_ASSERTIONS,
    ...COMBINATION_ASSERTIONS,
  });

/** They apply to what no other keyword, here or in a schema applied here, has looked at. */
const LAST_KEYWORDS: ReadonlySet<string> = new Set(['unevaluatedProperties', 'unevaluatedItems']);

const ACCEPT_ALL: CompiledSchema = { assertions: [], lastAssertions: [] };
const ACCEPT_NONE: CompiledSchema = {
  assertions: [(_, { evaluation, place }) => evaluation.report(place, 'it must be absent')],
  lastAssertions: [],
};

/** The compiled form of a schema. An object at the top is closed unless the schema opens it. */
export function compileSchema(schema: AdmittedSchema): CompiledSchema {
  return new SchemaCompiler(schema).compileRoot();
}

class SchemaCompiler {
  readonly #root: JsonObject;
  readonly #compiled = new Map<JsonObject, CompiledSchema>();
  readonly #locations: SchemaLocations;

  constructor(root: JsonObject) {
    this.#root = root;
    this.#locations = locateSchemas(root);
  }

  /** The closed form is only for the outermost value: a reference to `#` means the schema itself. */
  compileRoot(): CompiledSchema {
    const closed = { ...this.#root };
    const isDecided =
      closed.additionalProperties !== undefined || closed.unevaluatedProperties !== undefined;
    if (isDecided) return this.compile(this.#root);
    const seesAll = listSubschemas(this.#root, '').every(({ isInPlace }) => !isInPlace);
    const isSimple = seesAll && closed.$ref === undefined;
    const keyword = isSimple ? 'additionalProperties' : 'unevaluatedProperties';
    return this.compile({ ...closed, [keyword]: false });
  }

  readonly compile: Compile = (schema) => {
    if (!isJsonObject(schema)) return schema === true ? ACCEPT_ALL : ACCEPT_NONE;
    const known = this.#compiled.get(schema);
    if (known !== undefined) return known;

    const assertions: Assertion[] = [];
    const lastAssertions: Assertion[] = [];
    const compiled = { assertions, lastAssertions };
    this.#compiled.set(schema, compiled); // before its parts, which may refer back to it
    const target = toTarget(schema.$ref);
    if (target !== undefined) assertions.push(this.#compileReference(target));
    for (const [keyword, compiler] of COMPILERS) {
      if (!Object.hasOwn(schema, keyword)) continue;
      const group = LAST_KEYWORDS.has(keyword) ? lastAssertions : assertions;
      group.push(compiler(schema, this.compile));
    }
    return compiled;
  };

  #compileReference(pointer: string): Assertion {
    const target = this.#locations.get(pointer);
    if (target === undefined) throw new TypeError('Cannot compile schema: it must be admitted');
    const compiled = this.compile(target);
    return (value, context) => accepts(compiled, value, context);
  }
}
