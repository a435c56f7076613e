/**
 * The arguments of a call in the one spelling in which they are checked and in which they run.
 *
 * This denies nothing: check 4 decides on what could be made canonical, and check 5 denies if there
 * was any problem. An argument with a problem is replaced by `null`, so that nobody can use it.
 *
 * @module
 */

import {
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  toPointer,
} from '../../primitives/json.ts';
import type { Result } from '../../primitives/result.ts';
import type { AdmittedSchema } from '../schema/admit-schema.ts';
import { type DescribedPlace, describe } from '../schema/described-place.ts';
import { RESERVED_KEYS } from '../schema/measure-value.ts';
import { Place } from '../schema/place.ts';
import { canonicaliseHost } from './canonical-host.ts';
import { canonicalisePath } from './canonical-path.ts';
import type { CanonicalProblem, CanonicalReason } from './canonical-problem.ts';
import {
  canonicaliseArgument,
  canonicaliseCommand,
  canonicaliseLine,
  canonicaliseProse,
} from './canonical-text.ts';
import { type CanonicalUrl, canonicaliseUrl } from './canonical-url.ts';
import { type FieldKind, kindOf, type PlaceKind } from './field-kind.ts';
import { findUnsafeInLine } from './unsafe-characters.ts';

/** What one text among the canonical arguments is. */
export type CanonicalField =
  | { readonly kind: 'url'; readonly url: CanonicalUrl }
  | { readonly kind: Exclude<FieldKind, 'url'> };

export interface CanonicalArguments {
  readonly canonical: JsonObject;
  /** Empty if and only if the call may go on. */
  readonly problems: readonly CanonicalProblem[];
  /** Every text of a kind that its schema names, by its JSON pointer. Never shown or recorded. */
  readonly fields: ReadonlyMap<string, CanonicalField>;
}

/**
 * Makes the arguments of a call canonical, each as its schema describes it. They must have passed
 * the schema, hence its bounds on size and depth. `privateHosts` are those of the policy: `host:port`
 * that may be named although they are not public.
 */
export function canonicaliseArguments(
  args: JsonObject,
  schema: AdmittedSchema,
  privateHosts: readonly string[] = [],
): CanonicalArguments {
  const walk = new ArgumentWalk(privateHosts);
  const canonical = walk.visitObject(args, {
    described: describe(schema),
    place: Place.ROOT,
    parent: undefined,
    step: '',
    inherited: undefined,
  });
  return { canonical, problems: walk.problems, fields: walk.fields };
}

interface Spot {
  readonly described: DescribedPlace;
  /** Where problems are reported: only as far as names are declared. */
  readonly place: Place;
  /** Where fields are kept: the exact steps from the outermost value. */
  readonly parent: Spot | undefined;
  readonly step: string | number;
  /** A kind that the list around it names for all its items. */
  readonly inherited: PlaceKind['named'];
}

function toExactPointer({ parent, step }: Spot): string {
  return parent === undefined ? '' : toPointer(toExactPointer(parent), step);
}

class ArgumentWalk {
  readonly problems: CanonicalProblem[] = [];
  readonly fields = new Map<string, CanonicalField>();
  readonly #privateHosts: readonly string[];

  constructor(privateHosts: readonly string[]) {
    this.#privateHosts = privateHosts;
  }

  visitObject(object: JsonObject, spot: Spot): JsonObject {
    const members: [string, JsonValue][] = [];
    for (const [key, member] of Object.entries(object)) {
      if (!isSafeKey(key)) {
        this.#refuse('unsafe_key', spot);
        continue;
      }
      const { described, place } = spot;
      const isDeclared = described.declares(key);
      const within: Spot = {
        described: described.member(key),
        place: isDeclared ? place.at(key) : place.sealed(),
        parent: spot,
        step: key,
        inherited: undefined,
      };
      members.push([key, this.#visit(member, within)]);
    }
    return Object.fromEntries(members);
  }

  #visit(value: JsonValue, spot: Spot): JsonValue {
    if (typeof value === 'string') return this.#visitText(value, spot);
    if (typeof value !== 'object' || value === null) return value;
    return isJsonObject(value) ? this.visitObject(value, spot) : this.#visitList(value, spot);
  }

  #visitList(list: JsonArray, spot: Spot): JsonArray {
    const { described, place } = spot;
    const inherited = kindOf(described).named ?? spot.inherited;
    return list.map((item, index) =>
      this.#visit(item, {
        described: described.item(index),
        place: place.at(index),
        parent: spot,
        step: index,
        inherited,
      }),
    );
  }

  #visitText(text: string, spot: Spot): JsonValue {
    const placeKind = kindOf(spot.described);
    const named = placeKind.named ?? spot.inherited;
    if (named === 'conflict') return this.#refuse('conflicting_kinds', spot);
    const kind = named ?? placeKind.unnamed;
    if (kind === 'url') return this.#visitUrl(text, spot);

    const canonical = kind === 'host' ? this.#readHost(text) : CANONICALISERS[kind](text);
    if (!canonical.ok) return this.#refuse(canonical.error, spot);
    if (named !== undefined) this.fields.set(toExactPointer(spot), { kind });
    return canonical.value;
  }

  #visitUrl(text: string, spot: Spot): JsonValue {
    const url = canonicaliseUrl(text, this.#privateHosts);
    if (!url.ok) return this.#refuse(url.error, spot);
    this.fields.set(toExactPointer(spot), { kind: 'url', url: url.value });
    return url.value.href;
  }

  /** Its port is another argument: which one may be spoken to is asked when it is. */
  #readHost(text: string): Result<string, CanonicalReason> {
    return canonicaliseHost(text, (host) =>
      this.#privateHosts.some((entry) => entry.replace(LAST_PORT, '') === host),
    );
  }

  #refuse(reason: CanonicalReason, { place }: Spot): null {
    this.problems.push({ pointer: place.toPointer(), reason });
    return null;
  }
}

/** What `host:port` has around the host, IPv6 in brackets. */
const LAST_PORT = /^\[|\]?:\d+$/g;

type Canonicaliser = (text: string) => Result<string, CanonicalReason>;

const CANONICALISERS: Readonly<Record<Exclude<FieldKind, 'url' | 'host'>, Canonicaliser>> = {
  path: canonicalisePath,
  command: canonicaliseCommand,
  argv: canonicaliseArgument,
  text: canonicaliseLine,
  multiline: canonicaliseProse,
};

/** A key is compared, never converted: two keys must not become one. */
function isSafeKey(key: string): boolean {
  if (RESERVED_KEYS.has(key)) return false;
  return findUnsafeInLine(key) === undefined && key.normalize('NFC') === key;
}
