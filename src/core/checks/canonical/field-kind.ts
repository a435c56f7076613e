/**
 * What an argument is for, as its schema says: it decides how the argument is made canonical.
 *
 * @module
 */

import type { JsonObject } from '../../primitives/json.ts';
import type { FIELD_KINDS } from '../schema/check-keyword.ts';
import type { DescribedPlace } from '../schema/described-place.ts';

/**
 * - `path`, `url`, `host`, `command`, `argv`: where a tool's power is.
 * - `text`: one visible line.
 * - `multiline`: prose; what a text is unless its schema says something else.
 */
export type FieldKind = (typeof FIELD_KINDS)[number];

const KIND_OF_FORMAT: Readonly<Record<string, FieldKind>> = {
  uri: 'url',
  url: 'url',
  iri: 'url',
  'uri-reference': 'url',
  'iri-reference': 'url',
  path: 'path',
  hostname: 'host',
  'idn-hostname': 'host',
  ipv4: 'host',
  ipv6: 'host',
  argv: 'argv',
  command: 'command',
};

/** A text that may have at most so many characters is one line, unless its schema says otherwise. */
const MAX_LINE_LENGTH = 256;

/** Keywords that enumerate or shape a text: what is compared must not hold anything hidden. */
const SHAPING_KEYWORDS = ['format', 'pattern', 'enum', 'const'] as const;

/** What all schemas that may apply at a place say of its kind. */
export interface PlaceKind {
  /** `conflict` if they name several; `x-sallyport-kind` goes before `format`. */
  readonly named: FieldKind | 'conflict' | undefined;
  /** The kind of a text here, should none be named. */
  readonly unnamed: 'text' | 'multiline';
}

const kinds = new WeakMap<DescribedPlace, PlaceKind>();

export function kindOf(place: DescribedPlace): PlaceKind {
  const known = kinds.get(place);
  if (known !== undefined) return known;
  const kind = { named: namedKind(place.schemas), unnamed: unnamedKind(place.schemas) };
  kinds.set(place, kind);
  return kind;
}

function namedKind(schemas: readonly JsonObject[]): PlaceKind['named'] {
  const stated = schemas.flatMap((schema) => asKind(schema['x-sallyport-kind']));
  const named = new Set(stated.length > 0 ? stated : schemas.flatMap(kindOfFormat));
  const [kind] = named;
  return named.size > 1 ? 'conflict' : kind;
}

function unnamedKind(schemas: readonly JsonObject[]): PlaceKind['unnamed'] {
  if (schemas.some((schema) => schema['x-multiline'] === true)) return 'multiline';
  return schemas.some(describesLine) ? 'text' : 'multiline';
}

function describesLine(schema: JsonObject): boolean {
  const { maxLength } = schema;
  if (typeof maxLength === 'number' && maxLength <= MAX_LINE_LENGTH) return true;
  return SHAPING_KEYWORDS.some((keyword) => schema[keyword] !== undefined);
}

function kindOfFormat({ format }: JsonObject): FieldKind[] {
  const isKind = typeof format === 'string' && Object.hasOwn(KIND_OF_FORMAT, format);
  return isKind ? asKind(KIND_OF_FORMAT[format]) : [];
}

/** Admission has checked that it is one of the kinds. */
function asKind(kind: unknown): FieldKind[] {
  return typeof kind === 'string' ? [kind as FieldKind] : [];
}
