/**
 * Whether a tool's schema gives a template what it needs, before any call is made.
 *
 * A template that names an argument of another kind could never be filled, and each call of the
 * tool would be denied; better its author hears of it.
 *
 * @module
 */

import { parseCapability } from '../../capabilities/pattern.ts';
import { err, ok, type Result } from '../../primitives/result.ts';
import type { AdmittedSchema } from '../schema/admit-schema.ts';
import { type DescribedPlace, describe } from '../schema/described-place.ts';
import { type FieldKind, kindOf } from './field-kind.ts';
import {
  type ArgumentPath,
  EVERY,
  type RequirementTemplate,
  readTemplate,
} from './requirement-template.ts';

/**
 * Checks one entry of `requires` against the tool's input schema. The error is the end of a sentence
 * that begins with the entry: "it must …".
 */
export function checkTemplate(text: string, schema: AdmittedSchema): Result<void, string> {
  if (!text.includes('{')) {
    return parseCapability(text).ok ? ok(undefined) : err('be a capability');
  }
  const template = readTemplate(text);
  if (template === undefined) return err('be a known capability with arguments for whole segments');
  const must = findMismatch(template, describe(schema));
  return must === undefined ? ok(undefined) : err(must);
}

function findMismatch(
  { resource, slots }: RequirementTemplate,
  root: DescribedPlace,
): string | undefined {
  const paths = slots.flatMap((slot) => (slot.kind === 'argument' ? [slot.path] : []));
  if (resource === 'host-port') return findServerMismatch(paths, root);
  return paths
    .map((path) => {
      const place = resolve(root, path);
      if (place === undefined) return 'name arguments that the schema declares';
      const isPath = kindOf(place).named === 'path';
      return resource === 'path' && !isPath ? mustBe('path') : undefined;
    })
    .find((must) => must !== undefined);
}

function findServerMismatch(
  [host, port]: readonly ArgumentPath[],
  root: DescribedPlace,
): string | undefined {
  if (host === undefined) return 'take its host from an argument';
  const url = host.at(-1) === 'host' ? resolve(root, host.slice(0, -1)) : undefined;
  if (url !== undefined && kindOf(url).named === 'url') {
    const expected = [...host.slice(0, -1), 'port'].join('.');
    return port?.join('.') === expected ? undefined : `take its port from "{${expected}}"`;
  }
  const place = resolve(root, host);
  if (place === undefined) return 'name arguments that the schema declares';
  return kindOf(place).named === 'host' ? undefined : mustBe('host');
}

function resolve(root: DescribedPlace, path: ArgumentPath): DescribedPlace | undefined {
  let place = root;
  for (const step of path) {
    if (step === EVERY) place = inheriting(place);
    else if (place.declares(step)) place = place.member(step);
    else return undefined;
  }
  return place;
}

/** An item of a list has the kind that the list names, unless it names its own. */
function inheriting(list: DescribedPlace): DescribedPlace {
  const item = list.item(0);
  const isInherited = kindOf(item).named === undefined && kindOf(list).named !== undefined;
  return isInherited ? list : item;
}

function mustBe(kind: FieldKind): string {
  return `name an argument of the format "${kind}" or with "x-sallyport-kind": "${kind}"`;
}
