/**
 * The session block with scripted neighbours and scripted runs.
 *
 * @module
 */

import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers';
import type { ApprovalNews } from '../../../../src/blocks/approvals/approvals-api.ts';
import type { BlockBindings } from '../../../../src/blocks/kit/bindings.ts';
import { type RunRef, takeTurn } from '../../../../src/blocks/session/turn-client.ts';
import type { ListedSession } from '../../../../src/blocks/session-index/session-index-api.ts';
import type { OpenedTurn, OpenTurn } from '../../../../src/blocks/workspace/workspace-api.ts';
import type { AuditEvent } from '../../../../src/core/audit/audit-event.ts';
import type { Usage } from '../../../../src/core/conversation/usage.ts';
import type { TicketClaims } from '../../../../src/core/executor-protocol/ticket.ts';
import type { SummaryAnswer, SummaryOrder } from '../../../../src/core/memory/summary-order.ts';
import type { Authority } from '../../../../src/core/policy/authority.ts';
import type { Principal } from '../../../../src/core/policy/principal.ts';
import type { NoRoom } from '../../../../src/core/policy/room.ts';
import type { Slice, SliceShortage } from '../../../../src/core/policy/slice.ts';
import type { SessionId } from '../../../../src/core/primitives/ids.ts';
import type { Result } from '../../../../src/core/primitives/result.ts';
import { type Script, scriptOf } from './script.ts';
import { SLICE } from './session-fixture.ts';

export { SessionBlock } from '../../../../src/blocks/session/session-block.ts';

class Scripted extends DurableObject {
  get script(): Script {
    return scriptOf(this.ctx.id.name ?? '');
  }
}

export class WorkspaceBlock extends Scripted {
  async openTurn(request: OpenTurn): Promise<Result<OpenedTurn, SliceShortage>> {
    const { script } = this;
    script.openings.push(request);
    await script.beforeOpening(request);
    const { authority, shortage } = script;
    if (shortage !== undefined) return { ok: false, error: shortage };
    const revision = authority?.revision ?? 1;
    const isKnown = request.knownRevision === revision;
    return {
      ok: true,
      value: {
        revision,
        slice: script.slice ?? SLICE,
        ...(authority && !isKnown && { authority }),
      },
    };
  }

  async authority(principal: Principal): Promise<Authority | undefined> {
    const { script } = this;
    script.asked += 1;
    return script.authority && { ...script.authority, principal };
  }

  async renewSlice(_: string, left: Slice): Promise<Slice> {
    this.script.renewals.push(left);
    if (this.script.renewed === undefined) throw new Error('unreachable');
    return this.script.renewed;
  }

  async settleTurn(
    turnId: string,
    usage: Usage,
    toolCalls: Readonly<Record<string, number>>,
  ): Promise<void> {
    if (this.script.failingSettlements-- > 0) throw new Error('unreachable');
    this.script.settled.push({ turnId, usage, toolCalls });
  }
}

export class ApprovalsBlock extends Scripted {
  async hear(news: readonly ApprovalNews[]): Promise<void> {
    const { script } = this;
    if (script.failingNews-- > 0) throw new Error('unreachable');
    for (const { summary, version } of news) {
      const before = script.approvals.get(summary.id);
      if (before === undefined || before.version < version) {
        script.approvals.set(summary.id, { summary, version });
      }
    }
  }
}

export class SessionIndexBlock extends Scripted {
  async reserve(session: ListedSession): Promise<'reserved' | NoRoom> {
    const { script } = this;
    await script.beforeReserving();
    if (script.noRoom !== undefined) return script.noRoom;
    script.listed.set(session.id, session);
    return 'reserved';
  }

  async hear(session: ListedSession): Promise<void> {
    this.#reach();
    this.script.heard.push(session.id);
    this.script.listed.set(session.id, session);
  }

  async remove(id: SessionId): Promise<void> {
    this.#reach();
    await this.script.beforeRemoving();
    this.script.listed.delete(id);
  }

  #reach(): void {
    if (this.script.failingLists-- > 0) throw new Error('unreachable');
  }
}

export class NodeBlock extends Scripted {
  async lookAfter({ callKey }: TicketClaims): Promise<void> {
    this.script.lookedAfter.push(callKey);
  }

  async cancel(callKey: string): Promise<void> {
    this.script.cancelledCalls.push(callKey);
  }
}

export class AuditBlock extends Scripted {
  async append(source: string, firstSeq: number, events: readonly AuditEvent[]): Promise<number> {
    const { script } = this;
    const fate = script.appendFates.shift() ?? 'well';
    if (fate === 'before' || script.auditIsDown) throw new Error('unreachable');
    const chain = script.chain.get(source) ?? [];
    script.chain.set(source, chain);
    if (firstSeq > chain.length + 1) throw new Error('gap');
    for (const [index, event] of events.entries()) {
      if (firstSeq + index > chain.length) chain.push(event);
    }
    if (fate === 'after') throw new Error('answer lost');
    return chain.length;
  }
}

export class TurnRunner extends WorkerEntrypoint<BlockBindings> {
  async run(ref: RunRef): Promise<void> {
    const turn = await takeTurn(this.env, ref);
    if (turn === undefined) return;
    const script = scriptOf(turn.workspace);
    script.runs.push(turn);
    await script.run(turn);
  }
}

export class Summariser extends WorkerEntrypoint<BlockBindings> {
  async summarise(order: SummaryOrder): Promise<SummaryAnswer> {
    const script = scriptOf(order.principal.workspace);
    script.summaries.push(order);
    return await script.summarise(order);
  }
}

export default {
  fetch: () => new Response(null, { status: 404 }),
} satisfies ExportedHandler;
