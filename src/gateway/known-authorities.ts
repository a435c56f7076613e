/**
 * One object for each authority that this isolate has seen lately.
 *
 * A turn brings its authority as a copy. What is worked out from one (indexes, compiled schemas,
 * the tools that are offered) is remembered by object, so equal copies are exchanged for the first
 * of them. Revision, principal and credential together name one authority: whatever changes it
 * raises the revision.
 *
 * @module
 */

import type { Turn } from '../core/conversation/turn.ts';
import type { Authority } from '../core/policy/authority.ts';
import { toAuthorityKey } from '../core/policy/principal.ts';
import { remember } from '../core/primitives/remember.ts';

/** Authorities with hundreds of tools are large; a busy isolate serves few principals at once. */
const MAX_KNOWN = 32;

/** A cache and nothing else: forgetting all of it changes no answer. */
const known = new Map<string, Authority>();

export function withKnownAuthority(turn: Turn): Turn {
  const { authority } = turn;
  const { principal, revision } = authority;
  const key = `${principal.workspace}/${toAuthorityKey(principal)}/${revision}`;
  const first = known.get(key) ?? authority;
  remember(known, [key, first], MAX_KNOWN);
  return first === authority ? turn : { ...turn, authority: first };
}
