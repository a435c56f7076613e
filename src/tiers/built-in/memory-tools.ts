/**
 * The tools by which a model remembers, for the principal that its turn acts for.
 *
 * What is remembered bears the label of the turn, and what is recalled brings it along: what outsiders
 * may have shaped stays theirs, in whichever conversation it is read.
 *
 * @module
 */

import type { BlockBindings } from '../../blocks/kit/bindings.ts';
import type { MemoryApi } from '../../blocks/memory/memory-api.ts';
import { openMemory } from '../../blocks/memory/memory-client.ts';
import { FORGET, RECALL, REMEMBER } from '../../core/manifest/built-in-tools.ts';
import type { Memory } from '../../core/memory/memory.ts';
import { HIGHEST_LABEL, isLabel, joinLabels, LOWEST_LABEL } from '../../core/policy/labels.ts';
import { type Principal, toSpenderName } from '../../core/policy/principal.ts';
import type { JsonObject, JsonValue } from '../../core/primitives/json.ts';
import type { BuiltInCall, BuiltInTool } from './built-in-runner.ts';

/** Memories that are recalled where the model does not say. */
const USUAL_LIMIT = 5;

export function createMemoryTools(
  env: Pick<BlockBindings, 'MEMORIES'>,
  principal: Principal,
): ReadonlyMap<string, BuiltInTool> {
  const memory = openMemory(env, principal.workspace);
  const owner = toSpenderName(principal);
  return new Map<string, BuiltInTool>([
    [REMEMBER, (call) => remember(memory, owner, call)],
    [RECALL, (call) => recall(memory, owner, call)],
    [FORGET, (call) => forget(memory, owner, call)],
  ]);
}

async function remember(memory: MemoryApi, owner: string, { claims, args }: BuiltInCall) {
  const subject = textOf(args.subject);
  const predicate = textOf(args.predicate);
  const remembered = await memory.remember({
    owner,
    draft: {
      text: textOf(args.text) ?? '',
      ...(subject !== undefined && { subject }),
      ...(predicate !== undefined && { predicate }),
    },
    source: { session: claims.session, callKey: claims.callKey, tool: claims.tool },
    label: labelOf(claims),
  });
  return { output: { ...remembered }, label: LOWEST_LABEL };
}

async function recall(memory: MemoryApi, owner: string, { args }: BuiltInCall) {
  const found = await memory.recall({
    owner,
    query: textOf(args.query) ?? '',
    limit: typeof args.limit === 'number' ? args.limit : USUAL_LIMIT,
    trustedOnly: args.trustedOnly === true,
  });
  const label = found.reduce((joined, one) => joinLabels(joined, one.label), LOWEST_LABEL);
  return { output: { memories: found.map(toShown) }, label };
}

async function forget(memory: MemoryApi, owner: string, { claims, args }: BuiltInCall) {
  const id = textOf(args.id) ?? '';
  const outcome = await memory.forget({ owner, id, label: labelOf(claims) });
  return { output: { outcome }, label: LOWEST_LABEL };
}

function toShown({ id, kind, subject, predicate, text, label, rememberedAt }: Memory): JsonObject {
  return {
    ...{ id, kind, text, rememberedAt, integrity: label.integrity },
    ...(subject !== undefined && { subject }),
    ...(predicate !== undefined && { predicate }),
  };
}

/** What cannot be read is taken for the highest. */
function labelOf({ label }: BuiltInCall['claims']) {
  return isLabel(label) ? label : HIGHEST_LABEL;
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
