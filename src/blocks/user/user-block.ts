/**
 * A block: one addressable, durable, single-threaded actor with a mailbox.
 *
 * This class is the RPC surface and nothing more. The tables are made at birth: who asks for a block
 * that does not exist leaves no trace.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { BlockBody } from '../../core/blocks/block-body.ts';
import type { Envelope, NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import { ok } from '../../core/primitives/result.ts';
import type { ExitReason, RequestedExit } from '../../core/supervision/exit-reason.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { fitCall } from '../kit/one-call.ts';
import { hearAlarms } from '../supervisor/run-supervisor.ts';
import { redriveLetter } from './accept-message.ts';
import { actAsBlock, requireCapability } from './act-as-block.ts';
import { assembleBlock } from './assemble-block.ts';
import type {
  AcceptedStream,
  BirthOrder,
  BlockAct,
  BlockActAnswer,
  BlockActor,
  BlockAnswer,
  BlockApi,
  BlockDescription,
  ChildChange,
  LetterPage,
  MessageAnswer,
  OutsideMessage,
  ReceivedMessage,
  ReceiveQuery,
  Teller,
} from './block-api.ts';
import { type BlockParts, transact } from './block-parts.ts';
import { Calls } from './calls.ts';
import { changeChildren } from './change-children.ts';
import type {
  BlockSnapshot,
  CheckpointAnswer,
  CheckpointAsk,
  LeftMessage,
} from './checkpoint-api.ts';
import { Courier } from './courier.ts';
import { describeBlock } from './describe-block.ts';
import { exitFromOutside } from './exit-from-outside.ts';
import { hearStream } from './hear-stream.ts';
import { releaseLeases, removeHeld } from './held-messages.ts';
import { inheritMessages, leftMessages } from './inherit-messages.ts';
import { presentGrants } from './narrow-capabilities.ts';
import { type AskNeighbour, createNeighbour, createTell } from './neighbours.ts';
import { OutsideChanges } from './outside-changes.ts';
import { readDeadLetters } from './read-dead-letters.ts';
import { readTree } from './read-tree.ts';
import { Readers } from './readers.ts';
import { acknowledgeMessages, receiveMessages } from './receive-messages.ts';
import { replyToCall } from './reply-to-call.ts';
import { sayLast } from './say-last.ts';
import { ringUserTimers } from './send-after.ts';
import { callFromOutside, sendFromOutside, sendManyFromOutside } from './send-from-outside.ts';
import { Sender } from './sender.ts';
import { spawnFromOutside } from './spawn-from-outside.ts';
import type { BlockTree } from './tree-api.ts';
import type { BlockUpgrade, Narrowed, Upgraded } from './upgrade-api.ts';

export class UserBlock extends DurableObject<BlockBindings> implements BlockApi {
  readonly #parts: BlockParts;
  readonly #courier: Courier;
  readonly #sender: Sender;
  readonly #calls = new Calls();
  readonly #neighbour: AskNeighbour;
  readonly #readers: Readers;
  /** Made when it is first needed. */
  #changes: OutsideChanges | undefined;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#parts = assembleBlock(ctx, env, {
      forget: () => this.#sender.wipe(),
      supervise: async () => this.#hearAlarms(),
      inherit: () => this.#inherit(),
      'user-timers': async () => {
        transact(this.#parts, () => ringUserTimers(this.#parts));
        this.#readers.wake();
      },
      process: () => this.#readers.processor.ring(),
      push: () => this.#readers.consumers.pushNow(),
      requests: () => this.#readers.requests.ring(),
      promptly: () => {
        this.#sender.promptly();
        this.#readers.wakeRequests();
      },
    });
    this.#neighbour = createNeighbour(env, this.#parts);
    this.#courier = new Courier(this.#parts, createTell(env, this.#neighbour, this.#parts));
    this.#sender = new Sender(this.#parts, this.#courier, env);
    this.#readers = new Readers({ ctx, env, parts: this.#parts, calls: this.#calls });
    this.#parts.sealing.begin(() => this.#begin());
  }

  async spawn(order: BirthOrder, snapshot?: BlockSnapshot): Promise<BlockAnswer<BlockDescription>> {
    await this.#parts.sealing.ask();
    return this.#afterChange(spawnFromOutside(this.#parts, order, snapshot));
  }

  async describe(): Promise<BlockDescription | undefined> {
    return describeBlock(this.#parts);
  }

  async accept(teller: Teller, signals: readonly NumberedSignal[]): Promise<AcceptedStream> {
    await this.#prepare();
    const stream = { from: teller.from, signals };
    const heard = this.#afterChange(hearStream(this.#parts, this.#calls, stream));
    if (heard.kind === 'noproc') await sayLast(this.#parts, this.#courier, { teller, signals });
    return heard;
  }

  async send(message: OutsideMessage): Promise<BlockAnswer<MessageAnswer>> {
    await this.#prepare();
    return this.#afterChange(sendFromOutside(this.#parts, message));
  }

  async sendMany(
    messages: readonly OutsideMessage[],
  ): Promise<readonly BlockAnswer<MessageAnswer>[]> {
    await this.#prepare();
    return this.#afterChange(sendManyFromOutside(this.#parts, messages));
  }

  async call(message: OutsideMessage, timeoutMs: number): Promise<BlockAnswer<Envelope>> {
    await this.#prepare();
    const mayStill = (caller: BlockActor) => this.#readers.rights.mayCall(caller);
    const answer = callFromOutside(this.#parts, this.#calls, { message, timeoutMs, mayStill });
    this.#afterChange();
    return await answer;
  }

  async receive(
    actor: BlockActor,
    query: ReceiveQuery,
  ): Promise<BlockAnswer<readonly ReceivedMessage[]>> {
    const mayStill = (waiting: BlockActor) => this.#readers.rights.mayAct(waiting, 'block:receive');
    return this.#afterChange(await receiveMessages(this.#parts, { actor, query, mayStill }));
  }

  async acknowledge(actor: BlockActor, leases: readonly string[]): Promise<BlockAnswer<number>> {
    const done = this.#afterChange(await acknowledgeMessages(this.#parts, actor, leases));
    return done.ok ? ok(done.value.length) : done;
  }

  async endTake(take: string, end: 'processed' | 'given-back'): Promise<void> {
    if (end === 'processed') removeHeld(this.#parts, take);
    else releaseLeases(this.#parts, take);
    this.#afterChange();
  }

  async reply(actor: BlockActor, lease: string, body: BlockBody): Promise<BlockAnswer<true>> {
    const request = { actor, lease, body };
    return this.#afterChange(await replyToCall(this.#parts, this.#calls, request));
  }

  async act(actor: BlockActor, act: BlockAct): Promise<BlockAnswer<BlockActAnswer>> {
    const mayStill = (waiting: BlockActor) => this.#readers.rights.mayAct(waiting, 'block:send');
    const lines = { courier: this.#courier, calls: this.#calls };
    return this.#afterChange(await actAsBlock(this.#parts, lines, { actor, act, mayStill }));
  }

  async exit(actor: BlockActor, reason: RequestedExit): Promise<BlockAnswer<ExitReason>> {
    return this.#afterChange(exitFromOutside(this.#parts, actor, reason));
  }

  async upgrade(actor: BlockActor, upgrade: BlockUpgrade): Promise<BlockAnswer<Upgraded>> {
    return this.#afterChange(await this.#outsideChanges().upgrade(actor, upgrade));
  }

  async narrow(actor: BlockActor, grants: readonly Grant[]): Promise<BlockAnswer<Narrowed>> {
    return this.#afterChange(await this.#outsideChanges().narrow(actor, grants));
  }

  async presentGrants(began: readonly Grant[]): Promise<readonly Grant[]> {
    return presentGrants(this.#parts, began);
  }

  async boundsHeard(): Promise<void> {
    await this.#outsideChanges().boundsHeard();
  }

  async authorityChanged(revision: number): Promise<void> {
    this.#parts.hearRevision(revision);
    this.#readers.hearRevision(revision);
  }

  async deadLetters(actor: BlockActor, page: LetterPage) {
    return readDeadLetters(this.#parts, actor, page);
  }

  async checkpoints(actor: BlockActor, ask: CheckpointAsk): Promise<BlockAnswer<CheckpointAnswer>> {
    return this.#afterChange(await this.#outsideChanges().checkpoints(actor, ask));
  }

  async redrive(actor: BlockActor, seq: number): Promise<BlockAnswer<true>> {
    const facts = await requireCapability(this.#parts, actor, undefined);
    return this.#afterChange(facts.ok ? redriveLetter(this.#parts, facts.value, seq) : facts);
  }

  async leftMessages(after: number, limit: number): Promise<readonly LeftMessage[]> {
    if (this.#parts.facts.read()?.exit === undefined) return [];
    await this.#inherit();
    const bodyOf = ({ body }: LeftMessage) => body;
    return fitCall(leftMessages(this.#parts, after), { limit, bodyOf });
  }

  async tree(levels: number): Promise<BlockTree | undefined> {
    return await readTree(this.#parts, this.#neighbour, levels);
  }

  async changeChildren(actor: BlockActor, change: ChildChange): Promise<BlockAnswer<true>> {
    return this.#afterChange(await changeChildren(this.#parts, actor, change));
  }

  /** A consumer's WebSocket: see `block-client.ts`. */
  override async fetch(request: Request): Promise<Response> {
    return this.#afterChange(await this.#readers.consumers.connect(request));
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    await this.#readers.consumers.hear(socket, data);
    this.#afterChange();
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    this.#readers.consumers.closed(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#readers.consumers.closed(socket);
  }

  override async alarm(): Promise<void> {
    await this.#parts.timers.alarm(this.#parts.now());
    await this.#sender.ring();
  }

  /** Before words come in: as the policy wants them stored, which an unborn block must ask for. */
  #prepare(): Promise<void> | undefined {
    const { facts, sealing } = this.#parts;
    return facts.read() === undefined ? sealing.ask() : sealing.prepare();
  }

  #outsideChanges(): OutsideChanges {
    this.#changes ??= new OutsideChanges(this.env, {
      parts: this.#parts,
      courier: this.#courier,
      neighbour: this.#neighbour,
      processor: this.#readers.processor,
    });
    return this.#changes;
  }

  #hearAlarms(): void {
    const parts = this.#parts;
    const facts = parts.facts.alive();
    if (facts === undefined) return;
    transact(parts, () => hearAlarms(parts, facts));
    this.#afterChange();
  }

  async #inherit(): Promise<void> {
    await inheritMessages(this.#parts, (from, after, limit) =>
      this.#neighbour(from, (block) => block.leftMessages(after, limit)),
    );
    this.#readers.wake();
  }

  /** Takes up what an earlier life of this object has left. */
  #begin(): void {
    if (this.#parts.facts.read() === undefined) return;
    this.#parts.timers.restore();
    this.#sender.restore();
    this.#readers.restore();
  }

  /** Tells others, and wakes those who wait on a block that has ended. */
  #afterChange<T>(answer?: T): T {
    const parts = this.#parts;
    if (parts.facts.alive() === undefined) {
      this.#calls.endAll();
      this.#readers.end();
      parts.waiters.wakeAll();
    }
    parts.flush();
    this.#readers.wake();
    return answer as T;
  }
}
