/**
 * The blocks that a session talks to: its workspace, that workspace's audit chain, the index of its
 * approvals and that of its sessions, and the block that its turns are for, if one is.
 *
 * Almost every call here may be sent twice: openings and settlements are told apart by their turn,
 * audit events by their number.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { NoRoom } from '../../core/policy/room.ts';
import type { Slice, SliceShortage } from '../../core/policy/slice.ts';
import type { BlockId, SessionId, TurnId, WorkspaceId } from '../../core/primitives/ids.ts';
import { ok, type Result } from '../../core/primitives/result.ts';
import type { SkillText } from '../../core/skills/installed-skill.ts';
import type { ApprovalNews } from '../approvals/approvals-api.ts';
import { askApprovals } from '../approvals/approvals-client.ts';
import { blockObjectName, workspaceObjectName } from '../kit/address.ts';
import { appendToChain } from '../kit/append-to-chain.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import { openNodes } from '../node/node-client.ts';
import type { ListedSession } from '../session-index/session-index-api.ts';
import { askSessionIndex } from '../session-index/session-index-client.ts';
import type { BlockApi } from '../user/block-api.ts';
import { openSkills } from '../workspace/skill-client.ts';
import type { OpenedTurn, OpenTurn, WorkspaceApi } from '../workspace/workspace-api.ts';
import type { SessionFacts } from './session-store.ts';
import type { Settlement } from './settlement-store.ts';

type Namespaces = Pick<
  BlockBindings,
  'WORKSPACES' | 'AUDITS' | 'APPROVALS' | 'SESSION_INDEXES' | 'BLOCKS' | 'NODES'
>;

/** Is told of each authority before anybody goes by it. */
type Hear = (authority: Authority) => Promise<void> | undefined;

export class Neighbours {
  readonly #env: Namespaces;
  readonly #hear: Hear;

  constructor(env: Namespaces, hear: Hear) {
    this.#env = env;
    this.#hear = hear;
  }

  async openTurn(request: OpenTurn): Promise<Result<OpenedTurn, SliceShortage>> {
    const { workspace } = request.principal;
    const opened = await this.#workspace(workspace, (api) => api.openTurn(request));
    if (!opened.ok || opened.value.authority === undefined) return opened;
    return ok({ ...opened.value, authority: await this.#withinBlock(opened.value.authority) });
  }

  async authority(principal: Principal): Promise<Authority | undefined> {
    const authority = await this.#workspace(principal.workspace, (api) => api.authority(principal));
    return authority && (await this.#withinBlock(authority));
  }

  skill(workspace: WorkspaceId, name: string): Promise<SkillText | undefined> {
    return openSkills(this.#env, workspace).skill(name);
  }

  /** Sent once: what was added and not heard of is settled with the turn. */
  renewSlice(workspace: WorkspaceId, reservation: TurnId, left: Slice): Promise<Slice> {
    const name = workspaceObjectName(workspace);
    return this.#env.WORKSPACES.getByName(name).renewSlice(reservation, left);
  }

  settleTurn(workspace: WorkspaceId, { reservation, usage, toolCalls }: Settlement): Promise<void> {
    return this.#workspace(workspace, (api) => api.settleTurn(reservation, usage, toolCalls));
  }

  /** Answers the last number that the chain holds of this session's outbox. */
  appendAudit(
    { workspace, source }: SessionFacts,
    firstSeq: number,
    events: readonly AuditEvent[],
  ): Promise<number> {
    return appendToChain(this.#env, workspace, source)(firstSeq, events);
  }

  /** A call that was begun, and whose turn ends without it. */
  lookAfterCall(workspace: WorkspaceId, claims: TicketClaims): Promise<void> {
    return openNodes(this.#env, workspace).lookAfter(claims);
  }

  /** A call that may not go on, though its turn does. */
  cancelCall(workspace: WorkspaceId, callKey: string): Promise<void> {
    return openNodes(this.#env, workspace).cancel(callKey);
  }

  /** Told again, or late, it changes nothing. */
  tellApprovals(workspace: WorkspaceId, news: readonly ApprovalNews[]): Promise<void> {
    return askApprovals(this.#env, workspace, (index) => index.hear(news));
  }

  /** For a session that is about to be made. */
  reservePlace(workspace: WorkspaceId, session: ListedSession): Promise<'reserved' | NoRoom> {
    return askSessionIndex(this.#env, workspace, (index) => index.reserve(session));
  }

  listSession(workspace: WorkspaceId, session: ListedSession): Promise<void> {
    return askSessionIndex(this.#env, workspace, (index) => index.hear(session));
  }

  unlistSession(workspace: WorkspaceId, id: SessionId): Promise<void> {
    return askSessionIndex(this.#env, workspace, (index) => index.remove(id));
  }

  /** A block that acts for somebody is asked, too: it may hold less than when it began the turn. */
  async #withinBlock(authority: Authority): Promise<Authority> {
    await this.#hear(authority);
    const { principal } = authority;
    const { behalf, kind, workspace, id } = principal;
    if (behalf === undefined || kind !== 'block') return authority;
    const name = blockObjectName(workspace, id as BlockId);
    const grants = await callAgainAfterReset(
      (): Pick<BlockApi, 'presentGrants'> => this.#env.BLOCKS.getByName(name),
      (block) => block.presentGrants(behalf.grants),
    );
    return { ...authority, principal: { ...principal, behalf: { ...behalf, grants } } };
  }

  #workspace<T>(workspace: WorkspaceId, call: (api: WorkspaceApi) => Promise<T>): Promise<T> {
    const name = workspaceObjectName(workspace);
    return callAgainAfterReset(() => this.#env.WORKSPACES.getByName(name), call);
  }
}
