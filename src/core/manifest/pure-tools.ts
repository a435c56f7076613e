/**
 * What must hold of a tool that says it is pure, and of whatever it declassifies.
 *
 * A pure tool computes its result of its arguments: it runs as WebAssembly, and its plugin has asked
 * for nothing of a host. So an outsider's text can make it answer only what its schema leaves open,
 * and where that is one of a few answers, the answer may be believed. Whether it is, the policy says.
 *
 * @module
 */

import { type PointerError, pointerError } from '../errors/pointer-errors.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import { findOpenShapes, listDeclassified } from '../provenance/closed-shapes.ts';

/** Works on the manifest as it was written; whatever is malformed by itself is skipped. */
export function checkPureTools(manifest: JsonObject): readonly PointerError[] {
  const tools = Array.isArray(manifest.tools) ? (manifest.tools as readonly JsonValue[]) : [];
  return tools.flatMap((tool, index) => {
    if (!isJsonObject(tool)) return [];
    const at = ['tools', index];
    return tool.pure === true ? checkPure(tool, manifest, at) : checkImpure(tool, at);
  });
}

/** Pointers into a result whose answers a newer version has added or changed. */
export function findChangedAnswers(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): readonly string[] {
  const old = listDeclassified(before);
  return [...listDeclassified(after)].flatMap(([pointer, schema]) => {
    const known = old.get(pointer);
    const isSame = known !== undefined && canonicalJson(known) === canonicalJson(schema);
    return isSame ? [] : [toResultPointer(pointer)];
  });
}

/** From `/properties/kind` to `/kind`: only beneath declared members may there be such a mark. */
function toResultPointer(pointer: string): string {
  const steps = pointer.split('/').slice(1);
  return steps.map((step, place) => (place % 2 === 1 ? `/${step}` : '')).join('');
}

type Path = readonly (string | number)[];

function checkPure(tool: JsonObject, manifest: JsonObject, at: Path): readonly PointerError[] {
  const must = 'must be absent, unless the plugin is Wasm and asks for nothing of a host';
  const isPure = manifest.tier === 'wasm' && isBare(manifest) && isEmpty(tool.requires);
  return [
    ...(isPure && tool.asksClient !== true ? [] : [pointerError([...at, 'pure'], must)]),
    ...findOpenShapes(tool.outputSchema).map((pointer) =>
      mark(at, pointer, 'must stand on a declared enum, boolean or bounded integer'),
    ),
  ];
}

function checkImpure(tool: JsonObject, at: Path): readonly PointerError[] {
  return [...listDeclassified(tool.outputSchema).keys()].map((pointer) =>
    mark(at, pointer, 'must be no mark for "declassified", unless the tool is "pure"'),
  );
}

function mark(at: Path, pointer: string, must: string): PointerError {
  const { pointer: tool } = pointerError([...at, 'outputSchema'], must);
  return { pointer: `${tool}${pointer}/x-sallyport-integrity`, detail: must };
}

/** Neither capabilities, nor a clock, nor chance. */
function isBare({ capabilities, wasm }: JsonObject): boolean {
  const asksClock = isJsonObject(wasm) && wasm.clock === true;
  const asksChance = isJsonObject(wasm) && wasm.randomness === true;
  return isEmpty(capabilities) && !asksClock && !asksChance;
}

function isEmpty(list: JsonValue | undefined): boolean {
  return list === undefined || (Array.isArray(list) && list.length === 0);
}
