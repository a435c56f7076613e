/**
 * Looks through a module for the functions that their callers can pay for.
 *
 * @module
 */

import { CompileCost } from './compile-cost.ts';
import { type FunctionBody, openBody } from './function-bodies.ts';
import { planCharges } from './function-body.ts';
import type { ModuleShape } from './module-shape.ts';
import {
  type Candidate,
  MAX_PREPAID_BODY_BYTES,
  MAX_PREPAID_FUEL,
  type PrepaidFunctions,
  settlePrepaid,
} from './prepaid-functions.ts';

export function findPrepaid(
  bodies: readonly FunctionBody[],
  bytes: Uint8Array,
  module: ModuleShape,
): PrepaidFunctions {
  const candidates: Candidate[] = [];
  for (const body of bodies) {
    if (body.end - body.start > MAX_PREPAID_BODY_BYTES) continue;
    if (isCalledFromOutside(body.functionIndex, module)) continue;
    const candidate = toCandidate(body, bytes, module);
    if (candidate !== undefined) candidates.push(candidate);
  }
  return settlePrepaid(candidates);
}

function isCalledFromOutside(index: number, { references, startFunction }: ModuleShape): boolean {
  return references.has(index) || index === startFunction;
}

/** A body with a loop has more than one region, and so has one that costs too much. */
function toCandidate(
  body: FunctionBody,
  bytes: Uint8Array,
  module: ModuleShape,
): Candidate | undefined {
  const open = openBody(body, bytes, { module, prepaid: new Map() });
  const { code, callees, callsIndirectly } = planCharges(open, new CompileCost());
  const [region, ...others] = code.filter(({ kind }) => kind === 'region');
  if (region?.kind !== 'region' || others.length > 0) return undefined;
  if (region.fuel > MAX_PREPAID_FUEL) return undefined;
  return {
    functionIndex: body.functionIndex,
    ownFuel: region.fuel,
    isChargedByLength: code.some(({ kind }) => kind === 'length'),
    callees,
    callsIndirectly,
  };
}
