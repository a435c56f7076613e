/**
 * Names of things, each with a type of its own so that one cannot be passed for another.
 *
 * Ids that a stranger could guess at (sessions, blocks) hold 128 random bits and a keyed check,
 * so that an id which was never issued is refused before any object is touched. The keyed hash
 * and the random bits are handed in; nothing here is secret.
 *
 * @module
 */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `[a-z0-9][a-z0-9-]{0,62}`: chosen by the operator, never secret. */
export type WorkspaceId = Branded<'workspace'>;
/** `ses_` + 32 hex digits of chance + 12 hex digits of keyed check over workspace and chance. */
export type SessionId = Branded<'session'>;
/** `blk_` + 32 hex digits of chance + 12 hex digits of keyed check over workspace and chance. */
export type BlockId = Branded<'block'>;
/** `node_` + 32 hex digits of chance + 12 hex digits of keyed check over workspace and chance. */
export type NodeId = Branded<'node'>;
/** `turn_` + 32 hex digits; means something only within its session. */
export type TurnId = Branded<'turn'>;

const WORKSPACE = /^[a-z0-9][a-z0-9-]{0,62}$/;
const SESSION = /^ses_[0-9a-f]{44}$/;
const BLOCK = /^blk_[0-9a-f]{44}$/;
const NODE = /^node_[0-9a-f]{44}$/;
const TURN = /^turn_[0-9a-f]{32}$/;

/** A keyed hash: text in, lower-case hex out. Keys stay with the platform. */
export type KeyedHash = (text: string) => string;

const CHECK_DIGITS = 12;

export function parseWorkspaceId(text: string): WorkspaceId | undefined {
  return WORKSPACE.test(text) ? (text as WorkspaceId) : undefined;
}

export function parseTurnId(text: string): TurnId | undefined {
  return TURN.test(text) ? (text as TurnId) : undefined;
}

/** `chance` is 32 lower-case hex digits, fresh from the platform's random source. */
export function toTurnId(chance: string): TurnId {
  return `turn_${chance}` as TurnId;
}

/** Issues the session id that belongs to `chance` in this workspace. */
export function issueSessionId(
  workspace: WorkspaceId,
  chance: string,
  keyedHash: KeyedHash,
): SessionId {
  const check = keyedHash(`session:${workspace}:${chance}`).slice(0, CHECK_DIGITS);
  return `ses_${chance}${check}` as SessionId;
}

/** The id if it was issued here for this workspace; `undefined` for any other text. */
export function readSessionId(
  workspace: WorkspaceId,
  text: string,
  keyedHash: KeyedHash,
): SessionId | undefined {
  if (!SESSION.test(text)) return undefined;
  return issueSessionId(workspace, text.slice(4, 36), keyedHash) === text
    ? (text as SessionId)
    : undefined;
}

/** Of what the gateway itself has stored: whether it was issued here is not looked at again. */
export function parseSessionId(text: string): SessionId | undefined {
  return SESSION.test(text) ? (text as SessionId) : undefined;
}

/** Issues the block id that belongs to `chance` in this workspace. */
export function issueBlockId(
  workspace: WorkspaceId,
  chance: string,
  keyedHash: KeyedHash,
): BlockId {
  const check = keyedHash(`block:${workspace}:${chance}`).slice(0, CHECK_DIGITS);
  return `blk_${chance}${check}` as BlockId;
}

/** The id if it was issued here for this workspace; `undefined` for any other text. */
export function readBlockId(
  workspace: WorkspaceId,
  text: string,
  keyedHash: KeyedHash,
): BlockId | undefined {
  if (!BLOCK.test(text)) return undefined;
  return issueBlockId(workspace, text.slice(4, 36), keyedHash) === text
    ? (text as BlockId)
    : undefined;
}

/** Issues the node id that belongs to `chance` in this workspace. */
export function issueNodeId(workspace: WorkspaceId, chance: string, keyedHash: KeyedHash): NodeId {
  const check = keyedHash(`node:${workspace}:${chance}`).slice(0, CHECK_DIGITS);
  return `node_${chance}${check}` as NodeId;
}

/** The id if it was issued here for this workspace; `undefined` for any other text. */
export function readNodeId(
  workspace: WorkspaceId,
  text: string,
  keyedHash: KeyedHash,
): NodeId | undefined {
  if (!NODE.test(text)) return undefined;
  return issueNodeId(workspace, text.slice(5, 37), keyedHash) === text
    ? (text as NodeId)
    : undefined;
}
