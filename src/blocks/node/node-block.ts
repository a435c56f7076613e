/**
 * The node block of a workspace: its nodes, their connections, and the calls that they run.
 *
 * One object for all nodes of a workspace, so that a call is routed by what every node is doing at
 * that moment. This class is the RPC and WebSocket surface and nothing more.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { CapabilityRules } from '../../core/capabilities/capability-set.ts';
import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import { Fault } from '../../core/errors/fault.ts';
import { parseExecutorFrame } from '../../core/executor-protocol/frames.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { NoRoom } from '../../core/policy/room.ts';
import { type NodeId, readNodeId } from '../../core/primitives/ids.ts';
import type { Result } from '../../core/primitives/result.ts';
import { workspaceOf } from '../kit/address.ts';
import { appendToChain } from '../kit/append-to-chain.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Changes } from '../kit/changes.ts';
import { gatewayIdentity } from '../kit/gateway-identity.ts';
import { deriveKey, hmacHex, keyedHash } from '../kit/keys.ts';
import { MAX_BACKLOG_AGE_MS, Outbox } from '../kit/outbox.ts';
import { Sealing } from '../kit/sealing.ts';
import { Tables } from '../kit/tables.ts';
import { Timers } from '../kit/timers.ts';
import { runToEnd, untilOver } from './await-end.ts';
import { CallStore } from './call-store.ts';
import { changeCeiling } from './change-ceiling.ts';
import { Connections, end, isProved, linkOf, setState } from './connections.ts';
import { describeNode } from './describe-node.ts';
import { approveNode, enrolNode } from './enrol-node.ts';
import { askForForgotten } from './forgotten-calls.ts';
import { shakeHands } from './handshake.ts';
import { letNodesGo } from './let-nodes-go.ts';
import type {
  ApproveNode,
  Enrolled,
  EnrolNode,
  EnrolRefusal,
  NodeAnswer,
  NodeApi,
  NodeCall,
  NodeCallDescription,
  NodeDescription,
  OnProgress,
} from './node-api.ts';
import type { NodeParts } from './node-parts.ts';
import { NodeStore } from './node-store.ts';
import { ProgressHearers } from './progress-hearers.ts';
import { askAgain, resumeCalls, sendAgain } from './resume-calls.ts';
import { abandonCalls, cancelCall, finishCall, settleOverdue } from './run-calls.ts';
import { SigningCalls } from './signing-calls.ts';
import { StraightWays } from './straight-ways.ts';
import { ThinnedRefusals } from './thinned-refusals.ts';
import { UnwantedCalls } from './unwanted-calls.ts';
import { UnwrittenEnds } from './unwritten-ends.ts';
import { WaitingCalls } from './waiting-calls.ts';
import { sendAway } from './wrong-clock.ts';

/** The name under which the outbox stands in the workspace's chain. */
const SOURCE = 'nodes';

/** How long audit events wait for others, in milliseconds. */
const GATHER_MS = 100;

/** When what could not be sent to the chain is tried again, in milliseconds. */
const DRAIN_AGAIN_MS = 1_000;

export class NodeBlock extends DurableObject<BlockBindings> implements NodeApi {
  readonly #parts: NodeParts;
  readonly #waiting = new WaitingCalls();
  readonly #progress = new ProgressHearers();
  readonly #changes: Changes;
  /** None has a name: what there is to do is found in the rows of calls, and in the outbox. */
  readonly #timers: Timers;
  readonly #ends = new UnwrittenEnds({
    writeLate: (change) => this.#changes.writeLate(change),
    commit: () => this.#transact(() => undefined),
  });
  #isDrainDue = false;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#parts = this.#assemble();
    this.#timers = new Timers(ctx.storage, {}, new Tables(ctx.storage.sql));
    this.#changes = new Changes(ctx.storage, {
      forgetMemory: () => {
        const { nodes, calls, ways, outbox, sealing } = this.#parts;
        for (const part of [nodes, calls, ways, outbox, sealing]) part.forget();
      },
    });
    ctx.storage.transactionSync(() => {
      this.#parts.nodes.createTable();
      this.#parts.calls.createTable();
      this.#parts.ways.createTable();
      this.#parts.outbox.createTable();
    });
    this.#parts.sealing.begin(() => undefined);
  }

  override async fetch(request: Request): Promise<Response> {
    const id = this.#readId(new URL(request.url).searchParams.get('node') ?? '');
    const node = id && this.#parts.nodes.find(id);
    if (node?.publicKey === undefined) return new Response(null, { status: 404 });
    return this.#parts.connections.accept(node.id, this.#parts.now());
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const frame = typeof message === 'string' ? parseExecutorFrame(message) : undefined;
    const link = linkOf(socket);
    const { node } = link;
    if (frame === undefined || this.#parts.nodes.find(node) === undefined) {
      end(socket, 'refused');
      return;
    }
    if (!isProved(link)) {
      if (!shakeHands(this.#parts, socket, frame)) return;
      resumeCalls(this.#parts, node, socket);
      this.#waiting.lookAgain();
      return;
    }
    if (frame.kind === 'done') finishCall(this.#parts, socket, frame);
    if (frame.kind === 'progress' && this.#parts.calls.isSentTo(node, frame.callKey)) {
      this.#progress.tell(frame.callKey, frame.text);
    }
    if (frame.kind === 'absent') sendAgain(this.#parts, socket, frame.callKey);
    if (frame.kind === 'draining') setState(socket, { kind: 'draining' });
    sendAway(this.#parts);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    end(socket, 'answered');
    const link = linkOf(socket);
    const stored = this.#parts.nodes.find(link.node);
    if (!isProved(link) || stored === undefined) return;
    const lastSeenAt = this.#parts.now();
    this.#parts.transact(() => this.#parts.nodes.put({ ...stored, lastSeenAt }));
  }

  override async alarm(): Promise<void> {
    await this.#timers.alarm(this.#parts.now());
    settleOverdue(this.#parts);
    sendAway(this.#parts);
    await this.#drain();
    this.#ringForCalls();
  }

  async approve(actor: NamedActor, node: ApproveNode): Promise<NodeDescription | NoRoom> {
    if (this.#parts.outbox.isBlocked(this.#parts.now())) throw new Fault('audit_unavailable');
    const approved = approveNode(this.#parts, actor, node);
    return typeof approved === 'string' ? approved : describeNode(this.#parts, approved);
  }

  async enrol(request: EnrolNode): Promise<Result<Enrolled, EnrolRefusal>> {
    return enrolNode(this.#parts, request);
  }

  async list(): Promise<readonly NodeDescription[]> {
    return this.#parts.nodes.all().map((node) => describeNode(this.#parts, node));
  }

  async setCeiling(
    actor: NamedActor,
    id: NodeId,
    ceiling: CapabilityRules,
  ): Promise<NodeDescription | undefined> {
    if (this.#parts.outbox.isBlocked(this.#parts.now())) throw new Fault('audit_unavailable');
    const node = this.#parts.nodes.find(id);
    if (node !== undefined) changeCeiling(this.#parts, actor, { node, ceiling });
    const changed = this.#parts.nodes.find(id);
    return changed && describeNode(this.#parts, changed);
  }

  async revoke(actor: NamedActor, id: NodeId): Promise<boolean> {
    if (this.#parts.nodes.find(id) === undefined) return false;
    this.#parts.transact(() => {
      abandonCalls(this.#parts, id);
      this.#parts.nodes.remove(id);
      const { name, requestId } = actor;
      const about = { actor: name, requestId, node: id };
      this.#parts.record({ action: 'node-revoked', decision: 'allowed', ...about });
    });
    this.#parts.connections.endAll(id, 'revoked');
    return true;
  }

  async calls(id: NodeId, callKey?: string): Promise<readonly NodeCallDescription[] | undefined> {
    const { nodes, calls, ends } = this.#parts;
    if (nodes.find(id) === undefined) return undefined;
    ends.write();
    return callKey === undefined ? calls.latest(id) : calls.one(id, callKey);
  }

  async run(call: NodeCall, onProgress?: OnProgress): Promise<NodeAnswer> {
    await this.#parts.sealing.ask();
    const { callKey } = call.claims;
    const forget = onProgress && this.#progress.hear(callKey, onProgress);
    return await runToEnd(this.#parts, this.#waiting, call).finally(forget);
  }

  async recall(claims: TicketClaims): Promise<ToolOutcome | undefined> {
    const { callKey } = claims;
    if (this.#parts.calls.isKnown(callKey)) {
      askAgain(this.#parts, callKey);
      return await this.#untilOver(callKey);
    }
    const answer = askForForgotten(this.#parts, claims);
    return answer === 'asked' ? await this.#untilOver(callKey) : answer;
  }

  async lookAfter(claims: TicketClaims): Promise<void> {
    if (!this.#parts.calls.isKnown(claims.callKey)) askForForgotten(this.#parts, claims);
    cancelCall(this.#parts, claims.callKey);
  }

  #untilOver(callKey: string): Promise<ToolOutcome | undefined> {
    return untilOver(this.#parts, this.#waiting, { callKey, leave: () => undefined });
  }

  async authorityChanged(): Promise<void> {
    letNodesGo(this.#parts);
  }

  async cancel(callKey: string): Promise<void> {
    cancelCall(this.#parts, callKey);
  }

  #assemble(): NodeParts {
    const { ctx, env } = this;
    const { sql } = ctx.storage;
    const workspace = workspaceOf(ctx);
    const auditKey = deriveKey(env.SALLYPORT_MASTER_KEY, `audit-args:${workspace}`);
    const sealing = new Sealing({ env, ctx, tables: new Tables(sql), kind: 'nodes' });
    const parts: NodeParts = {
      workspace,
      identity: gatewayIdentity(env.SALLYPORT_MASTER_KEY),
      nodes: new NodeStore(sql),
      ...{ calls: new CallStore(sql, sealing), ways: new StraightWays(sql), sealing },
      connections: new Connections(ctx),
      ...{ ends: this.#ends, refusals: new ThinnedRefusals() },
      ...{ signing: new SigningCalls(), unwanted: new UnwantedCalls() },
      outbox: new Outbox(sql, (write) => this.#changes.writeLate(write)),
      now: () => Date.now(),
      transact: (change) => this.#transact(change),
      record: (event) => parts.outbox.add([{ ...event, at: parts.now() }], parts.now()),
      receiptHmac: (text) => hmacHex(auditKey, `receipt ${text}`),
      tell: (callKey, outcome) => this.#waiting.tell(callKey, outcome),
    };
    return parts;
  }

  #transact<T>(change: () => T): T {
    const result = this.#changes.make(change);
    this.#ends.forget();
    this.#drainSoon();
    this.#ringForCalls();
    return result;
  }

  /** What happens at about the same time is sent together. */
  #drainSoon(): void {
    if (this.#isDrainDue || this.#parts.outbox.isEmpty()) return;
    this.#isDrainDue = true;
    // Should the object be lost before that.
    this.#timers.ringBy(this.#parts.now() + MAX_BACKLOG_AGE_MS);
    const later = new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    const drained = later.then(() => {
      this.#isDrainDue = false;
      return this.#drain();
    });
    this.ctx.waitUntil(drained);
  }

  #ringForCalls(): void {
    const at = this.#parts.calls.nextAt();
    if (at !== Number.POSITIVE_INFINITY) this.#timers.ringBy(at);
  }

  /** Never rejects: what is left is sent by the alarm. */
  async #drain(): Promise<void> {
    if (this.#parts.outbox.isEmpty()) return;
    try {
      await this.#parts.outbox.drain(appendToChain(this.env, this.#parts.workspace, SOURCE));
    } catch {
      this.#timers.ringBy(this.#parts.now() + DRAIN_AGAIN_MS);
    }
  }

  #readId(text: string): NodeId | undefined {
    const hash = keyedHash(this.env.SALLYPORT_MASTER_KEY, 'node-ids');
    return readNodeId(this.#parts.workspace, text, hash);
  }
}
