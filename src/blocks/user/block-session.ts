/**
 * The session through which a block behaves: everything that it does to the world passes the same
 * seven checks, journal and record as anybody's call, within its capabilities.
 *
 * @module
 */

import { limitTools, toCallPattern } from '../../core/blocks/agent-tools.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import { type Principal, toPrincipalName } from '../../core/policy/principal.ts';
import { issueSessionId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { keyedHash, sha256Hex } from '../kit/keys.ts';
import type { AdmitTurn } from '../session/session-api.ts';
import { openSession, type SessionClient } from '../session/session-client.ts';
import type { BlockFacts } from './facts-store.ts';
import { grantsOf } from './present-facts.ts';

export interface BlockSession {
  readonly client: SessionClient;
  /** What every turn of it has in common. */
  readonly request: (
    asked: AskedTurn,
  ) => Pick<AdmitTurn, 'sessionId' | 'principal' | 'requestId'> &
    Required<Pick<AdmitTurn, 'create' | 'idempotency'>>;
}

export interface AskedTurn {
  /** The same turn is found again by it. */
  readonly key: string;
  readonly body: string | Uint8Array;
  readonly requestId: string;
  /** A tool that is the block's own behaviour: it may always be called by it. */
  readonly tool?: string;
  /** The only tools that it may call of those that the block may; all of them, if absent. */
  readonly tools?: readonly string[];
}

/** The one of its behaviour, unless it is for another purpose: see `call-tool.ts`. */
export function openBlockSession(
  env: BlockBindings,
  facts: BlockFacts,
  purpose?: string,
): BlockSession {
  const { creator, blockId } = facts.order;
  const { workspace } = creator;
  const hash = keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids');
  const name = purpose === undefined ? `block:${blockId}` : `block:${blockId}/${purpose}`;
  const chance = sha256Hex(name).slice(0, 32);
  const sessionId = issueSessionId(workspace, chance, hash);
  return {
    client: openSession(env, workspace, sessionId),
    request: ({ key, body, requestId, tool, tools }) => {
      const principal: Principal = {
        kind: 'block',
        id: blockId,
        workspace,
        tokenId: creator.tokenId,
        ...(creator.caveats && { caveats: creator.caveats }),
        behalf: {
          kind: creator.kind,
          id: creator.id,
          grants: tools === undefined ? grantsOf(facts) : limitTools(grantsOf(facts), tools),
          ...(tool !== undefined && { own: grantToCall(tool) }),
        },
      };
      return {
        sessionId,
        principal,
        requestId,
        create: { sessionId, principal, requestId },
        idempotency: { key, bodyHash: sha256Hex(body) },
      };
    },
  };
}

/** Ends what its behaviour is at, or what is done for another purpose. */
export async function endTurnsOf(
  env: BlockBindings,
  facts: BlockFacts,
  purpose?: string,
): Promise<void> {
  const { requestId } = facts.order;
  await endOwnTurns(openBlockSession(env, facts, purpose), { key: 'end', body: '', requestId });
}

/** Those of the block itself, whatever they are for; others may have turns in the session, too. */
export async function endOwnTurns(
  { client, request }: BlockSession,
  asked: AskedTurn,
): Promise<void> {
  const { principal, requestId } = request(asked);
  await client.cancelTurns(principal, requestId, { principal: toPrincipalName(principal) });
}

export function grantToCall(tool: string): readonly Grant[] {
  return toCallPattern(tool).map((pattern) => ({ pattern }));
}
