/**
 * The `state` of an authorization request: a workspace, chance, and a keyed hash of both, so that what
 * was never given out is told without a look at anybody's storage. It is good for anything only where
 * its own hash is stored.
 *
 * @module
 */

import { type KeyedHash, parseWorkspaceId, type WorkspaceId } from '../primitives/ids.ts';

/** Workspace, 32 bytes as base64url, 16 bytes of the hash as hex. */
const STATE = /^([a-z0-9-]+)\.[A-Za-z0-9_-]{43}\.([0-9a-f]{32})$/;
const CHECK_DIGITS = 32;

/** Longest state, in characters: the longest name of a workspace, and the rest. */
const MAX_LENGTH = 63 + 1 + 43 + 1 + CHECK_DIGITS;

/** `chance`: 43 characters of base64url. */
export function toState(workspace: WorkspaceId, chance: string, hash: KeyedHash): string {
  const text = `${workspace}.${chance}`;
  return `${text}.${hash(text).slice(0, CHECK_DIGITS)}`;
}

/** Nothing for what this deployment has not given out. */
export function readState(text: string, hash: KeyedHash): WorkspaceId | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const [, name = '', check = ''] = STATE.exec(text) ?? [];
  const workspace = parseWorkspaceId(name);
  if (workspace === undefined) return undefined;
  const own = hash(text.slice(0, -CHECK_DIGITS - 1)).slice(0, CHECK_DIGITS);
  return own === check ? workspace : undefined;
}
