/**
 * Puts handles in place of the values of a result that a model is not to read.
 *
 * A field that its schema marks `opaque` is hidden with all within. Of a tool that the policy calls
 * opaque everything is hidden that could say anything: all but figures that the tool vouches for.
 *
 * @module
 */

import type { Label } from '../policy/labels.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import { isFigure } from './figures.ts';
import type { HiddenValue, HiddenValues } from './handle.ts';
import {
  type FieldIntegrity,
  isDeclared,
  itemOf,
  memberOf,
  type TrustedFields,
} from './trusted-fields.ts';

/** Most handles of one result; one that would need more is hidden as a whole. */
export const MAX_HANDLES = 256;

export interface Hiding {
  readonly fields: TrustedFields | undefined;
  /** `all`: whatever could say anything. `marked`: what the schema marks. */
  readonly what: 'all' | 'marked';
  /** Whether the tool's word for a value counts here, as that of a field or as a figure. */
  readonly isVouched: (integrity: FieldIntegrity | undefined, value: JsonValue) => boolean;
  /** Of what is hidden, also where it is vouched for: words may still be read as an instruction. */
  readonly label: Label;
  /** The handle of the nth value, from 0 on. */
  readonly toHandle: (place: number) => string;
}

export interface Hidden {
  readonly shown: JsonValue;
  readonly handles: HiddenValues;
}

export function hideValues(value: JsonValue, hiding: Hiding): Hidden {
  const pass = new HidingPass(hiding);
  const shown = pass.visit(value, hiding.fields);
  if (pass.count <= MAX_HANDLES) return { shown, handles: Object.fromEntries(pass.handles) };
  return hideWhole(value, hiding);
}

/** Of a result that is no JSON, or not the JSON that its schema describes. */
export function hideWhole(value: JsonValue, hiding: Pick<Hiding, 'label' | 'toHandle'>): Hidden {
  const handle = hiding.toHandle(0);
  return { shown: handle, handles: { [handle]: { value, label: hiding.label } } };
}

/** Whether a schema marks anything as opaque. */
export function marksOpaque(fields: TrustedFields | null | undefined): boolean {
  if (typeof fields !== 'object' || fields === null) return fields === 'opaque';
  const { members = {}, others, names, items } = fields;
  return [...Object.values(members), others, names, items].some(marksOpaque);
}

class HidingPass {
  readonly handles: [string, HiddenValue][] = [];
  /** Of all values that are to be hidden, also of those for which there is no handle any more. */
  count = 0;
  readonly #hiding: Hiding;

  constructor(hiding: Hiding) {
    this.#hiding = hiding;
  }

  visit(value: JsonValue, fields: TrustedFields | undefined): JsonValue {
    if (fields === 'opaque') return this.#hide(value);
    if (isJsonObject(value)) return this.#visitObject(value, fields);
    if (Array.isArray(value)) return value.map((item) => this.visit(item, itemOf(fields)));
    const integrity = typeof fields === 'string' ? fields : undefined;
    return this.#maySee(value, integrity) ? value : this.#hide(value, integrity);
  }

  /** A name that no schema declares says something as well, and an object cannot do without it. */
  #visitObject(object: JsonObject, fields: TrustedFields | undefined): JsonValue {
    const ofNames = typeof fields === 'string' ? fields : fields?.names;
    const members = Object.entries(object);
    const isSeen = ([name]: readonly [string, JsonValue]) =>
      isDeclared(fields, name) || (ofNames !== 'opaque' && this.#maySee(name, ofNames));
    if (!members.every(isSeen)) return this.#hide(object);
    return Object.fromEntries(
      members.map(([name, member]) => [name, this.visit(member, memberOf(fields, name))]),
    );
  }

  #maySee(value: JsonValue, integrity: FieldIntegrity | undefined): boolean {
    const { what, isVouched } = this.#hiding;
    if (what === 'marked' || value === null) return true;
    if (!isVouched(integrity, value)) return false;
    return integrity === 'declassified' || (typeof value !== 'object' && isFigure(value));
  }

  #hide(value: JsonValue, integrity?: FieldIntegrity): JsonValue {
    this.count += 1;
    if (this.count > MAX_HANDLES) return null;
    const { toHandle, label, isVouched } = this.#hiding;
    const handle = toHandle(this.count - 1);
    const hidden = { value, label };
    this.handles.push([
      handle,
      isVouched(integrity, value) ? { ...hidden, isVouched: true } : hidden,
    ]);
    return handle;
  }
}
