/**
 * Where a version asks to be believed more than the one before, or to be looked at less: results
 * that it newly vouches for, sensitive arguments that it no longer marks, mandates that it widens.
 *
 * None of this is a capability, and all of it decides what a hijacked model may do with the tool.
 * Which annotations a tool has is not among it, except that it works in a closed world: that alone
 * makes a whole result trusted.
 *
 * @module
 */

import { admitSchema } from '../checks/schema/admit-schema.ts';
import { findWeakerMarks } from '../provenance/marked-places.ts';
import { listNewlyVouched } from '../provenance/newly-vouched.ts';
import { findTrustedFields } from '../provenance/trusted-fields.ts';
import { findChangedAnswers } from './pure-tools.ts';
import type { ToolDefinition } from './tool-definition.ts';

/** The ways to ask for more trust. */
export const LOOSENINGS = ['vouches-for-more', 'marks-less', 'needs-less-mandate'] as const;

/** A `type`, so that it is a `JsonObject`. */
export type Loosening = {
  readonly tool: string;
  readonly what: (typeof LOOSENINGS)[number];
  /** Where in the result or the arguments, as a JSON pointer; empty for all of it. */
  readonly pointer: string;
};

/** In the order of the newer version's tools. */
export function findLoosened(
  before: readonly ToolDefinition[],
  after: readonly ToolDefinition[],
): readonly Loosening[] {
  return after.flatMap((tool): Loosening[] => {
    const old = before.find(({ name }) => name === tool.name);
    const as = (what: Loosening['what']) => (pointer: string) => ({
      tool: tool.name,
      what,
      pointer,
    });
    return [
      ...findNewlyVouched(old, tool).map(as('vouches-for-more')),
      ...(old === undefined ? [] : findUnmarked(old, tool).map(as('marks-less'))),
      ...(old !== undefined && widensMandate(old, tool) ? [as('needs-less-mandate')('')] : []),
    ];
  });
}

/** A tool that is new vouches newly for all that it vouches for. */
function findNewlyVouched(old: ToolDefinition | undefined, tool: ToolDefinition): string[] {
  const isClosed = (of: ToolDefinition | undefined) => of?.annotations.openWorldHint === false;
  if (isClosed(tool) && !isClosed(old)) return [''];
  const changed = findChangedAnswers(old?.outputSchema, tool.outputSchema);
  return [...new Set([...listNewlyVouched(vouchedBy(old), vouchedBy(tool)), ...changed])];
}

function vouchedBy(tool: ToolDefinition | undefined) {
  const schema = tool?.outputSchema && admitSchema(tool.outputSchema);
  return schema?.ok ? findTrustedFields(schema.value) : undefined;
}

function findUnmarked(old: ToolDefinition, tool: ToolDefinition): readonly string[] {
  const before = admitSchema(old.inputSchema);
  const after = admitSchema(tool.inputSchema);
  return before.ok && after.ok ? findWeakerMarks(before.value, after.value) : [''];
}

/** More words, or none at all, are easier to come by. */
function widensMandate({ mandate: old }: ToolDefinition, { mandate }: ToolDefinition): boolean {
  return old !== undefined && !(mandate?.every((word) => old.includes(word)) ?? false);
}
