/**
 * Access tokens: `spt_<workspace>_<64 hex digits of chance>_<64 hex digits of tag>`, and after that
 * one `.<caveat>` for each time its holder has narrowed it (`docs/security/tokens.md`).
 *
 * The tag of a fresh token is keyed by the deployment, so the gateway refuses a text that it never
 * issued without touching any object; each caveat replaces it by one that is keyed by the tag before.
 * The workspace block stores and looks up only the SHA-256 of the text without caveats. The
 * deployment's root token is a secret of the platform, in no block at all.
 *
 * @module
 */

import { equalConstantTime, hmacHex, randomHex, sha256Hex } from '../blocks/kit/keys.ts';
import { type Caveat, MAX_CAVEATS, readCaveat } from '../core/policy/caveat.ts';
import { parseWorkspaceId, type WorkspaceId } from '../core/primitives/ids.ts';
import { deploymentHash, hashOfRootToken } from './deployment-keys.ts';

/** Longest text of a token with its caveats, in ASCII characters. */
export const MAX_TOKEN_LENGTH = 4_096;

const TOKEN = /^spt_([a-z0-9][a-z0-9-]{0,62})_([0-9a-f]{64})_([0-9a-f]{64})((?:\.[\w-]+)*)$/;
const TICKET = /^stk_([a-z0-9][a-z0-9-]{0,62})_([0-9a-f]{64})_[0-9a-f]{64}$/;
const CHANCE_BYTES = 32;

/** How long a ticket waits to be used, in milliseconds. */
export const TICKET_LIFE_MS = 60_000;

export interface FreshToken {
  /** Shown once, never stored. */
  readonly text: string;
  readonly hash: string;
}

export interface PresentedToken {
  readonly workspace: WorkspaceId;
  /** Of the token as it was issued: what the workspace knows it by. */
  readonly hash: string;
  /** In the order in which they were added; none of a token as it was issued. */
  readonly caveats: readonly Caveat[];
}

export function issueToken(masterKey: string, workspace: WorkspaceId): FreshToken {
  const text = writeToken(masterKey, workspace, randomHex(CHANCE_BYTES));
  return { text, hash: sha256Hex(text) };
}

/** What a text says that was issued here, and narrowed by whoever held it; nothing for any other. */
export function readToken(masterKey: string, text: string): PresentedToken | undefined {
  if (text.length > MAX_TOKEN_LENGTH) return undefined;
  const [, workspaceText = '', chance = '', tag = '', suffix = ''] = TOKEN.exec(text) ?? [];
  const workspace = parseWorkspaceId(workspaceText);
  if (workspace === undefined) return undefined;
  const segments = suffix === '' ? [] : suffix.slice(1).split('.');
  if (segments.length > MAX_CAVEATS) return undefined;

  const issued = writeToken(masterKey, workspace, chance);
  const expected = segments.reduce(narrowTag, issued.slice(-tag.length));
  if (!equalConstantTime(tag, expected)) return undefined;
  const caveats = segments.map(readCaveat).filter((caveat) => caveat !== undefined);
  if (caveats.length < segments.length) return undefined;
  return { workspace, hash: sha256Hex(issued), caveats };
}

/** `stk_<workspace>_<64 hex digits of chance>_<64 hex digits of tag>`: good once, for a moment. */
export function issueTicket(masterKey: string, workspace: WorkspaceId): FreshToken {
  const text = writeTicket(masterKey, workspace, randomHex(CHANCE_BYTES));
  return { text, hash: sha256Hex(text) };
}

export function readTicket(
  masterKey: string,
  text: string,
): Omit<PresentedToken, 'caveats'> | undefined {
  const [, workspaceText = '', chance = ''] = TICKET.exec(text) ?? [];
  const workspace = parseWorkspaceId(workspaceText);
  if (workspace === undefined) return undefined;
  return equalConstantTime(text, writeTicket(masterKey, workspace, chance))
    ? { workspace, hash: sha256Hex(text) }
    : undefined;
}

/** Compared on hashes, so that neither length nor content shows in the time it takes. */
export function isRootToken(rootToken: string, text: string): boolean {
  return rootToken !== '' && equalConstantTime(sha256Hex(text), hashOfRootToken(rootToken));
}

function writeToken(masterKey: string, workspace: string, chance: string): string {
  const tag = deploymentHash(masterKey, 'token-check')(`${workspace}:${chance}`);
  return `spt_${workspace}_${chance}_${tag}`;
}

function writeTicket(masterKey: string, workspace: string, chance: string): string {
  const tag = deploymentHash(masterKey, 'token-check')(`ticket:${workspace}:${chance}`);
  return `stk_${workspace}_${chance}_${tag}`;
}

function narrowTag(tag: string, segment: string): string {
  return hmacHex(Buffer.from(tag, 'hex'), segment);
}
