/**
 * The capabilities that a call needs, from a template of its tool and from its canonical arguments.
 *
 * An argument is used only as what its schema says it is: no path is taken from a mere text, and
 * of a URL host and port belong together. Whatever does not fit yields no capability, hence no call.
 *
 * @module
 */

import { type Capability, parseCapability } from '../../capabilities/pattern.ts';
import { toResource } from '../../capabilities/resource.ts';
import { isJsonObject, type JsonValue, toPointer } from '../../primitives/json.ts';
import { err, ok, type Result } from '../../primitives/result.ts';
import type { UrlScheme } from './canonical-url.ts';
import type { CanonicalArguments } from './canonicalise-arguments.ts';
import {
  type ArgumentPath,
  EVERY,
  type RequirementTemplate,
  readTemplate,
  type Slot,
} from './requirement-template.ts';

/** Why a template cannot be filled; a closed list. */
export type TemplateProblem =
  | 'malformed_template'
  | 'argument_not_canonical'
  | 'argument_missing'
  | 'argument_of_another_kind'
  | 'too_many_capabilities'
  | 'malformed_capability';

/** Most capabilities of one template, hence most items of a list that it names. */
export const MAX_CAPABILITIES_PER_TEMPLATE = 64;

/** The family that a URL's scheme needs. */
const FAMILY_OF_SCHEME: Readonly<Record<UrlScheme, string>> = {
  http: 'tool:network:http',
  https: 'tool:network:http',
  ws: 'tool:network:websocket',
  wss: 'tool:network:websocket',
};

/**
 * Fills one entry of `requires`. A list yields a capability for each of its items, none if it is
 * empty; anything else yields one.
 *
 * @example
 * ```ts
 * fillTemplate('tool:file:read:{path}', args);                  // ['tool:file:read:/data/a.csv']
 * fillTemplate('tool:network:http:{url.host}:{url.port}', args); // ['tool:network:http:example.com:443']
 * ```
 */
export function fillTemplate(
  text: string,
  args: CanonicalArguments,
): Result<readonly Capability[], TemplateProblem> {
  if (!text.includes('{')) return toCapabilities([text]);
  const template = readTemplate(text);
  if (template === undefined) return err('malformed_template');

  const items = countItems(template, args);
  if (!items.ok) return items;
  if (items.value > MAX_CAPABILITIES_PER_TEMPLATE) return err('too_many_capabilities');
  const texts: string[] = [];
  for (let index = 0; index < items.value; index++) {
    const resource = fillSlots(template, new BoundArguments(args, index));
    if (!resource.ok) return resource;
    texts.push(`${template.family}:${resource.value}`);
  }
  return toCapabilities(texts);
}

function toCapabilities(texts: readonly string[]): Result<readonly Capability[], TemplateProblem> {
  const capabilities: Capability[] = [];
  for (const text of texts) {
    const capability = parseCapability(text);
    if (!capability.ok) return err('malformed_capability');
    capabilities.push(capability.value);
  }
  return ok(capabilities);
}

function countItems(
  { each }: RequirementTemplate,
  args: CanonicalArguments,
): Result<number, TemplateProblem> {
  if (each === undefined) return ok(1);
  const list = new BoundArguments(args, 0).value(each);
  if (!list.ok) return list;
  return Array.isArray(list.value) ? ok(list.value.length) : err('argument_of_another_kind');
}

function fillSlots(
  { resource, family, slots }: RequirementTemplate,
  args: BoundArguments,
): Result<string, TemplateProblem> {
  const [first, second] = slots;
  if (first === undefined) return err('malformed_template');
  if (resource === 'path') return fillPath(first, args);
  if (resource === 'name') return fillName(first, args);
  return second === undefined
    ? err('malformed_template')
    : fillServer({ family, host: first, port: second }, args);
}

function fillPath(slot: Slot, args: BoundArguments): Result<string, TemplateProblem> {
  if (slot.kind === 'literal') return ok(slot.text);
  const value = args.value(slot.path);
  if (!value.ok) return value;
  const isPath = args.field(slot.path)?.kind === 'path' && typeof value.value === 'string';
  return isPath ? written(toResource('path', value.value)) : err('argument_of_another_kind');
}

function fillName(slot: Slot, args: BoundArguments): Result<string, TemplateProblem> {
  if (slot.kind === 'literal') return ok(slot.text);
  const value = args.value(slot.path);
  if (!value.ok) return value;
  const isName = typeof value.value === 'string' && args.field(slot.path)?.kind !== 'url';
  return isName ? written(toResource('name', value.value)) : err('argument_of_another_kind');
}

interface ServerSlots {
  readonly family: string;
  readonly host: Slot;
  readonly port: Slot;
}

/** From one URL, or from an argument that is a host with a port of its own. */
function fillServer(slots: ServerSlots, args: BoundArguments): Result<string, TemplateProblem> {
  const { family, host, port } = slots;
  if (host.kind === 'literal') return err('malformed_template'); // its reader has none
  const last = host.path.at(-1);
  const field = last === 'host' ? args.field(host.path.slice(0, -1)) : undefined;
  if (field?.kind === 'url') {
    const isSameUrl = port.kind === 'argument' && isPortOf(port.path, host.path);
    const isFamily = FAMILY_OF_SCHEME[field.url.scheme] === family;
    if (!isSameUrl || !isFamily) return err('argument_of_another_kind');
    return written(toResource('host-port', field.url));
  }

  const name = args.value(host.path);
  if (!name.ok) return name;
  const number = port.kind === 'literal' ? ok(Number(port.text)) : args.value(port.path);
  if (!number.ok) return number;
  const isHost = args.field(host.path)?.kind === 'host' && typeof name.value === 'string';
  if (!isHost || typeof number.value !== 'number') return err('argument_of_another_kind');
  return written(toResource('host-port', { host: name.value, port: number.value }));
}

function isPortOf(port: ArgumentPath, host: ArgumentPath): boolean {
  const url = host.slice(0, -1).join('.');
  return port.at(-1) === 'port' && port.slice(0, -1).join('.') === url;
}

/** The arguments, with every `*` standing for one and the same item. */
class BoundArguments {
  readonly #args: CanonicalArguments;
  readonly #index: number;

  constructor(args: CanonicalArguments, index: number) {
    this.#args = args;
    this.#index = index;
  }

  value(path: ArgumentPath): Result<JsonValue, TemplateProblem> {
    let value: JsonValue | undefined = this.#args.canonical;
    for (const step of this.#bind(path)) value = stepInto(value, step);
    if (value !== undefined && value !== null) return ok(value);
    const isUnusable = this.#args.problems.length > 0;
    return err(isUnusable ? 'argument_not_canonical' : 'argument_missing');
  }

  field(path: ArgumentPath) {
    return this.#args.fields.get(this.#bind(path).reduce<string>(toPointer, ''));
  }

  #bind(path: ArgumentPath): ArgumentPath {
    return path.map((step) => (step === EVERY ? String(this.#index) : step));
  }
}

function stepInto(value: JsonValue | undefined, step: string): JsonValue | undefined {
  if (Array.isArray(value)) return /^\d{1,5}$/.test(step) ? value[Number(step)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

function written(resource: ReturnType<typeof toResource>): Result<string, TemplateProblem> {
  return resource.ok ? ok(resource.value) : err('malformed_capability');
}
