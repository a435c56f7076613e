/**
 * Which workspace a token is for, from its audiences alone.
 *
 * No workspace can claim an audience for itself: that would let it draw in what the people of another
 * one send. The deployment's operator says which audience means which workspace, or the audience says it
 * itself, as `sallyport:acme`. What neither says is for the deployment's own workspace.
 *
 * @module
 */

import { parseWorkspaceId, type WorkspaceId } from '../primitives/ids.ts';

const OWN_WORD = 'sallyport:';

/**
 * Audiences and workspaces as the operator writes them: `<audience>=<workspace>`, separated by spaces.
 * Nothing if one of them cannot be read: half a list would send people to the wrong workspace.
 */
export function readAudiences(text: string): ReadonlyMap<string, WorkspaceId> | undefined {
  const audiences = new Map<string, WorkspaceId>();
  for (const entry of text.split(' ').filter((each) => each !== '')) {
    const at = entry.lastIndexOf('=');
    const id = parseWorkspaceId(entry.slice(at + 1));
    if (at < 1 || id === undefined || audiences.has(entry.slice(0, at))) return undefined;
    audiences.set(entry.slice(0, at), id);
  }
  return audiences;
}

/** Nothing where the audiences name more than one workspace: nobody could tell which is meant. */
export function workspaceOfAudiences(
  audiences: readonly string[],
  { known, own }: { readonly known: ReadonlyMap<string, WorkspaceId>; readonly own: WorkspaceId },
): WorkspaceId | undefined {
  const named = audiences.flatMap((audience) => {
    const id = known.get(audience) ?? ownWordOf(audience);
    return id === undefined ? [] : [id];
  });
  const [first = own, ...others] = new Set(named);
  return others.length === 0 ? first : undefined;
}

function ownWordOf(audience: string): WorkspaceId | undefined {
  return audience.startsWith(OWN_WORD)
    ? parseWorkspaceId(audience.slice(OWN_WORD.length))
    : undefined;
}
