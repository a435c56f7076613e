/**
 * Where a schema marks arguments, by place and not by value: for comparing one version of a tool
 * with the next.
 *
 * @module
 */

import type { AdmittedSchema } from '../checks/schema/admit-schema.ts';
import { ARGUMENT_SOURCES } from '../checks/schema/check-keyword.ts';
import { type DescribedPlace, describe } from '../checks/schema/described-place.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import { isJsonObject, toPointer } from '../primitives/json.ts';
import { type ArgumentSource, hasMark, sourceOf, strictest } from './sensitive-arguments.ts';

/** Deepest place, and most places, that are compared. */
const MAX_DEPTH = 8;
const MAX_PLACES = 512;

/** The step to members that are not declared, and to items. */
const ANY = '*';

/**
 * Pointers to the places that the newer schema marks less strictly than the older one did, or not at
 * all. A marked argument that is gone is among them: another may have taken its place. What cannot
 * be compared place by place is named as a whole, unless nothing has changed.
 */
export function findWeakerMarks(before: AdmittedSchema, after: AdmittedSchema): readonly string[] {
  if (!hasMark(before) || canonicalJson(before) === canonicalJson(after)) return [];
  const old = new MarkWalk().read(before);
  const now = new MarkWalk().read(after);
  if (old === undefined || now === undefined) return [''];
  return [...old].flatMap(([pointer, source]) =>
    isAsStrict(now.get(pointer), source) ? [] : [pointer],
  );
}

function isAsStrict(mark: ArgumentSource | undefined, source: ArgumentSource): boolean {
  return mark !== undefined && ARGUMENT_SOURCES.indexOf(mark) <= ARGUMENT_SOURCES.indexOf(source);
}

interface Spot {
  readonly pointer: string;
  /** Of the places around it. */
  readonly source: ArgumentSource | undefined;
  readonly depth: number;
}

class MarkWalk {
  readonly #marks = new Map<string, ArgumentSource>();
  #places = 0;

  /** Every place on which a mark bears, its own or one around it; nothing if some cannot be told. */
  read(schema: AdmittedSchema): ReadonlyMap<string, ArgumentSource> | undefined {
    const isWhole = this.#visit(describe(schema), { pointer: '', source: undefined, depth: 0 });
    return isWhole ? this.#marks : undefined;
  }

  #visit(place: DescribedPlace, { pointer, source: around, depth }: Spot): boolean {
    this.#places += 1;
    if (depth > MAX_DEPTH || this.#places > MAX_PLACES || hasUnnamedPlaces(place)) return false;
    const source = strictest([around, ...place.schemas.map(sourceOf)]);
    if (source !== undefined) this.#marks.set(pointer, source);
    return listSteps(place).every(([step, within]) =>
      this.#visit(within, { pointer: toPointer(pointer, step), source, depth: depth + 1 }),
    );
  }
}

/** Members by a pattern and items by their number have no one pointer. */
function hasUnnamedPlaces({ schemas }: DescribedPlace): boolean {
  return schemas.some(({ patternProperties, prefixItems }) => patternProperties ?? prefixItems);
}

function listSteps(place: DescribedPlace): readonly (readonly [string, DescribedPlace])[] {
  const { schemas } = place;
  const isOpen = schemas.some(({ additionalProperties: more }) => isJsonObject(more));
  const isList = schemas.some(({ items }) => isJsonObject(items));
  return [
    ...[...place.declared].map((name) => [name, place.member(name)] as const),
    ...(isOpen ? [[ANY, place.undeclared()] as const] : []),
    ...(isList ? [[ANY, place.item(0)] as const] : []),
  ];
}
