/**
 * What is left of a holder's grants under the caveats of its token.
 *
 * Of a grant and a pattern the narrower is kept, where one covers the other; else nothing is. That
 * may be less than both allow, and is never more.
 *
 * @module
 */

import { expandGrants } from '../capabilities/expand.ts';
import type { Grant } from '../capabilities/grant.ts';
import { type CapabilityPattern, covers } from '../capabilities/pattern.ts';
import { MEMORY_PLUGIN } from '../memory/memory-plugin.ts';
import type { Caveat } from './caveat.ts';

/**
 * What a tool may draw on, and what it takes to have a model call it. Of channels only to speak by them:
 * who lets somebody in, or speaks as a visitor, moves a channel with all that it holds itself. Of what is
 * remembered nothing, since whoever may read or write that may have it all, or erase it, without a tool.
 */
const AROUND_A_TOOL = expandGrants([
  ...['tool:exec', 'tool:exec:shell', 'tool:file:*', 'tool:network:*', 'channel:send'],
  ...['storage:workspace:read', 'storage:workspace:write', 'storage:db'],
  ...['provider:*', 'system:env:read', 'system:secret:use'],
  ...['system:clock:read', 'system:random:read'],
  ...['session:create', 'session:read', 'session:turn', 'session:cancel'],
]).patterns;

export function narrowGrants(
  grants: readonly Grant[],
  caveats: readonly Caveat[],
): readonly Grant[] {
  return caveats.reduce(narrow, grants);
}

function narrow(held: readonly Grant[], caveat: Caveat): readonly Grant[] {
  switch (caveat.kind) {
    case 'grants':
      return meet(held, caveat.patterns);
    case 'tool':
      return meet(held, [...patternsOf(caveat.name), ...AROUND_A_TOOL]);
    case 'expiry':
      return held.map((grant) => ({
        ...grant,
        expiresAt: Math.min(grant.expiresAt ?? Number.POSITIVE_INFINITY, caveat.at),
      }));
    case 'workspace':
    case 'budget':
    case 'label':
      return held;
  }
}

/** The gateway's own tools for what is remembered draw on that, each for what it does. */
function patternsOf(tool: string): readonly CapabilityPattern[] {
  const memory = MEMORY_PLUGIN.tools.find(({ name }) => name === tool)?.requires ?? [];
  return expandGrants([`tool:call:${tool}`, ...memory]).patterns;
}

function meet(held: readonly Grant[], patterns: readonly CapabilityPattern[]): readonly Grant[] {
  const met = new Map<string, Grant>();
  for (const grant of held) {
    for (const pattern of patterns) {
      const narrower = covers(grant.pattern, pattern)
        ? pattern
        : covers(pattern, grant.pattern) && grant.pattern;
      if (narrower === false) continue;
      met.set(`${narrower}@${grant.expiresAt ?? ''}`, { ...grant, pattern: narrower });
    }
  }
  return [...met.values()];
}
