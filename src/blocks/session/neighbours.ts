/**
 * The two blocks that a session talks to: its workspace and that workspace's audit chain.
 *
 * Almost every call here may be sent twice: openings and settlements are told apart by their turn,
 * audit events by their number.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { Slice, SliceShortage } from '../../core/policy/slice.ts';
import type { TurnId, WorkspaceId } from '../../core/primitives/ids.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { AuditApi } from '../audit/audit-api.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { OpenedTurn, OpenTurn, WorkspaceApi } from '../workspace/workspace-api.ts';
import type { SessionFacts } from './session-store.ts';
import type { Settlement } from './settlement-store.ts';

export class Neighbours {
  readonly #env: Pick<BlockBindings, 'WORKSPACES' | 'AUDITS'>;

  constructor(env: Pick<BlockBindings, 'WORKSPACES' | 'AUDITS'>) {
    this.#env = env;
  }

  openTurn(request: OpenTurn): Promise<Result<OpenedTurn, SliceShortage>> {
    return this.#workspace(request.principal.workspace, (api) => api.openTurn(request));
  }

  authority(principal: Principal): Promise<Authority | undefined> {
    return this.#workspace(principal.workspace, (api) => api.authority(principal));
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
    return callAgainAfterReset(
      (): AuditApi => this.#env.AUDITS.getByName(workspaceObjectName(workspace)),
      (api) => api.append(source, firstSeq, events),
    );
  }

  #workspace<T>(workspace: WorkspaceId, call: (api: WorkspaceApi) => Promise<T>): Promise<T> {
    const name = workspaceObjectName(workspace);
    return callAgainAfterReset(() => this.#env.WORKSPACES.getByName(name), call);
  }
}
