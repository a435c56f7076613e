/**
 * Puts the values in the places of their handles, before anything is decided about a call: what is
 * checked is what runs, and what a human is asked about is what he sees.
 *
 * A handle is an argument as a whole, or a whole member or item of one. One that this turn has not made
 * stands for nothing, and one within a longer text or in a name is no handle; both are refused, since a
 * model that writes them means a value.
 *
 * @module
 */

import { joinLabels, type Label } from '../policy/labels.ts';
import { isJsonObject, type JsonObject, type JsonValue, toPointer } from '../primitives/json.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { type HiddenValue, type HiddenValues, isHandle, mentionsHandle } from './handle.ts';

/** Which places of the arguments a model has filled without reading what it put there. */
export interface HandedOn {
  /** Pointers, each to a value with all within; and whether its tool has vouched for it. */
  readonly places: readonly { readonly pointer: string; readonly isVouched: boolean }[];
  /** Join over all that was put in. */
  readonly label: Label;
}

export type HandleProblem = 'unknown_handle' | 'misplaced_handle' | 'too_large' | 'too_deep';

export interface Resolved {
  readonly args: JsonObject;
  /** Absent where there was no handle. */
  readonly handedOn?: HandedOn;
}

export interface ResolveLimits {
  /** Of all that is put in, in UTF-16 code units of JSON. */
  readonly maxChars: number;
  /** Of the arguments with what is put in. */
  readonly maxDepth: number;
}

export function resolveHandles(
  args: JsonObject,
  handles: HiddenValues,
  limits: ResolveLimits,
): Result<Resolved, HandleProblem> {
  const pass = new ResolvingPass(handles, limits);
  const resolved = pass.visitObject(args, '', 1);
  if (pass.problem !== undefined) return err(pass.problem);
  const handedOn = pass.handedOn();
  return ok({ args: handedOn === undefined ? args : resolved, ...(handedOn && { handedOn }) });
}

class ResolvingPass {
  problem: HandleProblem | undefined;
  readonly #handles: HiddenValues;
  readonly #limits: ResolveLimits;
  readonly #places: HandedOn['places'][number][] = [];
  readonly #labels: Label[] = [];
  #chars = 0;

  constructor(handles: HiddenValues, limits: ResolveLimits) {
    this.#handles = handles;
    this.#limits = limits;
  }

  handedOn(): HandedOn | undefined {
    const [first, ...others] = this.#labels;
    return first && { places: this.#places, label: others.reduce(joinLabels, first) };
  }

  visitObject(object: JsonObject, pointer: string, depth: number): JsonObject {
    const members = Object.entries(object).map(([name, member]) => {
      if (mentionsHandle(name)) this.problem ??= 'misplaced_handle';
      return [name, this.#visit(member, toPointer(pointer, name), depth + 1)] as const;
    });
    return Object.fromEntries(members);
  }

  #visit(value: JsonValue, pointer: string, depth: number): JsonValue {
    if (typeof value === 'string') return this.#visitText(value, pointer, depth);
    if (isJsonObject(value)) return this.visitObject(value, pointer, depth);
    if (!Array.isArray(value)) return value;
    return value.map((item, index) => this.#visit(item, toPointer(pointer, index), depth + 1));
  }

  #visitText(text: string, pointer: string, depth: number): JsonValue {
    if (this.problem !== undefined || !mentionsHandle(text)) return text;
    if (!isHandle(text)) return this.#refuse('misplaced_handle');
    const found = Object.hasOwn(this.#handles, text) ? this.#handles[text] : undefined;
    return found === undefined ? this.#refuse('unknown_handle') : this.#put(found, pointer, depth);
  }

  #put({ value, label, isVouched }: HiddenValue, pointer: string, depth: number) {
    this.#chars += typeof value === 'string' ? value.length : JSON.stringify(value).length;
    if (this.#chars > this.#limits.maxChars) return this.#refuse('too_large');
    if (depth - 1 + depthOf(value) > this.#limits.maxDepth) return this.#refuse('too_deep');
    this.#places.push({ pointer, isVouched: isVouched === true });
    this.#labels.push(label);
    return value;
  }

  #refuse(problem: HandleProblem): null {
    this.problem ??= problem;
    return null;
  }
}

/** Lists and objects within each other; the values of results are bounded in depth themselves. */
function depthOf(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
