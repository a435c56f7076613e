/**
 * Access tokens: `spt_<workspace>_<64 hex digits of chance>_<12 hex digits of keyed check>`.
 *
 * The keyed check lets the gateway refuse a text that it never issued without touching any
 * object. The workspace block stores and looks up only the SHA-256 of the whole text. The
 * deployment's root token is a secret of the platform, in no block at all.
 *
 * @module
 */

import { equalConstantTime, randomHex, sha256Hex } from '../blocks/kit/keys.ts';
import { parseWorkspaceId, type WorkspaceId } from '../core/primitives/ids.ts';
import { deploymentHash, hashOfRootToken } from './deployment-keys.ts';

const TOKEN = /^spt_([a-z0-9][a-z0-9-]{0,62})_([0-9a-f]{64})_([0-9a-f]{12})$/;
const CHECK_DIGITS = 12;
const CHANCE_BYTES = 32;

export interface FreshToken {
  /** Shown once, never stored. */
  readonly text: string;
  readonly hash: string;
}

export function issueToken(masterKey: string, workspace: WorkspaceId): FreshToken {
  const chance = randomHex(CHANCE_BYTES);
  const text = `spt_${workspace}_${chance}_${checkOf(masterKey, workspace, chance)}`;
  return { text, hash: sha256Hex(text) };
}

/** The workspace that issued this text here, and the hash to look up; nothing for any other text. */
export function readToken(
  masterKey: string,
  text: string,
): { readonly workspace: WorkspaceId; readonly hash: string } | undefined {
  const [, workspaceText = '', chance = '', check = ''] = TOKEN.exec(text) ?? [];
  const workspace = parseWorkspaceId(workspaceText);
  if (workspace === undefined) return undefined;
  return equalConstantTime(check, checkOf(masterKey, workspace, chance))
    ? { workspace, hash: sha256Hex(text) }
    : undefined;
}

/** Compared on hashes, so that neither length nor content shows in the time it takes. */
export function isRootToken(rootToken: string, text: string): boolean {
  return rootToken !== '' && equalConstantTime(sha256Hex(text), hashOfRootToken(rootToken));
}

function checkOf(masterKey: string, workspace: string, chance: string): string {
  return deploymentHash(masterKey, 'token-check')(`${workspace}:${chance}`).slice(0, CHECK_DIGITS);
}
