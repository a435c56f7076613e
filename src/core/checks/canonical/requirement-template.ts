/**
 * Templates of the capabilities that a tool's call needs: the entries of `requires`.
 *
 * A template is a capability in whose resource an argument may stand for a whole segment:
 *
 * - `tool:file:read:{path}`: the argument `path`;
 * - `tool:file:read:{source.path}`: the member `path` of the argument `source`;
 * - `tool:file:read:{paths.*}`: every item of the list `paths`, one capability each;
 * - `tool:network:http:{url.host}:{url.port}`: what the URL in `url` speaks to;
 * - `storage:db:main`: nothing to fill.
 *
 * Part of a segment is never filled: where an argument would end could not be told.
 *
 * @module
 */

import { type FamilyName, findFamily } from '../../capabilities/catalogue.ts';
import type { ResourceKind } from '../../capabilities/resource.ts';

/** Names of members, and `*` for every item of a list; never one item, which would hide the rest. */
export type ArgumentPath = readonly string[];

export type Slot =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'argument'; readonly path: ArgumentPath };

export interface RequirementTemplate {
  /** The family's name, such as `tool:file:read`. */
  readonly family: FamilyName;
  readonly resource: ResourceKind;
  /** One for each segment of the resource. */
  readonly slots: readonly Slot[];
  /** The list for each item of which there is a capability, if there is one. */
  readonly each: ArgumentPath | undefined;
}

/** Sign for every item of a list. */
export const EVERY = '*';

const PLACEHOLDER =
  /^\{((?:[A-Za-z_][A-Za-z0-9_-]{0,63}|\*)(?:\.(?:[A-Za-z_][A-Za-z0-9_-]{0,63}|\*)){0,7})\}$/;
const LITERAL = /^[^{}*]+$/;

/**
 * Reads a template that has something to fill. Nothing is read from a text without braces, which
 * is a capability, and from one that is malformed.
 */
export function readTemplate(text: string): RequirementTemplate | undefined {
  const family = findFamily(text.slice(0, text.indexOf(':{')));
  if (family === undefined || family.resource === 'none') return undefined;

  const { kind: resource } = family.resource;
  const slots: Slot[] = [];
  for (const segment of text.slice(family.name.length + 1).split(':')) {
    const slot = readSlot(segment);
    if (slot === undefined) return undefined;
    slots.push(slot);
  }
  const segments = resource === 'host-port' ? 2 : 1;
  const paths = slots.flatMap((slot) => (slot.kind === 'argument' ? [slot.path] : []));
  if (slots.length !== segments || paths.length === 0 || !areListsAlike(paths)) return undefined;
  return { family: family.name, resource, slots, each: paths.map(toList)[0] };
}

function readSlot(segment: string): Slot | undefined {
  const [, path] = PLACEHOLDER.exec(segment) ?? [];
  if (path !== undefined) return { kind: 'argument', path: path.split('.') };
  return LITERAL.test(segment) ? { kind: 'literal', text: segment } : undefined;
}

/** At most one list, and if there is one, every argument is of the same item. */
function areListsAlike(paths: readonly ArgumentPath[]): boolean {
  const isSingle = paths.every((path) => path.indexOf(EVERY) === path.lastIndexOf(EVERY));
  const lists = new Set(paths.map((path) => toList(path)?.join('.')));
  return isSingle && lists.size === 1;
}

function toList(path: ArgumentPath): ArgumentPath | undefined {
  const star = path.indexOf(EVERY);
  return star === -1 ? undefined : path.slice(0, star);
}
