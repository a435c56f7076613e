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
import type { BlockId } from '../../core/primitives/ids.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { ExitReason, RequestedExit } from '../../core/supervision/exit-reason.ts';
import { decideExit } from '../../core/supervision/exit-signal.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { hearAlarms, tellSupervisor } from '../supervisor/run-supervisor.ts';
import { redriveLetter } from './accept-message.ts';
import { actAsBlock, isOwner, requireCapability } from './act-as-block.ts';
import { assembleBlock } from './assemble-block.ts';
import { giveBirth } from './birth.ts';
import type {
  AcceptedStream,
  BirthOrder,
  BlockAct,
  BlockActAnswer,
  BlockActor,
  BlockApi,
  BlockDescription,
  BlockRefusal,
  BlockSnapshot,
  BlockTree,
  CheckpointAnswer,
  CheckpointAsk,
  ChildChange,
  DeadLetter,
  LeftMessage,
  OutsideMessage,
  ReceivedMessage,
  ReceiveQuery,
  SentMessage,
} from './block-api.ts';
import { type BlockParts, MAIL, transact } from './block-parts.ts';
import { Calls } from './calls.ts';
import { changeChildren } from './change-children.ts';
import { applySnapshot, askCheckpoints } from './checkpoints.ts';
import { chooseBehavior } from './choose-behavior.ts';
import { Courier } from './courier.ts';
import { listDeadLetters } from './dead-letters.ts';
import { describeBlock } from './describe-block.ts';
import { endBlock } from './end-block.ts';
import { hearStream } from './hear-stream.ts';
import { inheritMessages, leftMessages } from './inherit-messages.ts';
import { type AskNeighbour, createNeighbour, createTell } from './neighbours.ts';
import { Processor } from './processor.ts';
import { readTree } from './read-tree.ts';
import { receiveMessages } from './receive-messages.ts';
import { NOPROC, NOT_OWNED, refusal } from './refusals.ts';
import { replyToCall } from './reply-to-call.ts';
import { ringUserTimers } from './send-after.ts';
import { callFromOutside, sendFromOutside, sendManyFromOutside } from './send-from-outside.ts';
import { Sender } from './sender.ts';
import { StateStore } from './state-store.ts';

export class UserBlock extends DurableObject<BlockBindings> implements BlockApi {
  readonly #parts: BlockParts;
  readonly #courier: Courier;
  readonly #sender: Sender;
  readonly #calls = new Calls();
  readonly #neighbour: AskNeighbour;
  readonly #processor: Processor;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#parts = assembleBlock(ctx, env, {
      forget: () => this.#sender.wipe(),
      supervise: async () => this.#hearAlarms(),
      inherit: () => this.#inherit(),
      'user-timers': async () => {
        transact(this.#parts, () => ringUserTimers(this.#parts));
        this.#processor.wake();
      },
      process: () => this.#processor.run(),
      promptly: () => this.#sender.promptly(),
    });
    this.#neighbour = createNeighbour(env, this.#parts);
    this.#courier = new Courier(this.#parts, createTell(env, this.#neighbour, this.#parts));
    this.#sender = new Sender(this.#parts, this.#courier, env);
    this.#processor = new Processor(
      this.#parts,
      chooseBehavior(env, new StateStore(this.#parts)),
      (id, envelope) => this.#calls.answer(id, envelope),
    );
    if (this.#parts.facts.read() === undefined) return;
    this.#parts.timers.restore();
    this.#sender.restore();
  }

  async spawn(
    order: BirthOrder,
    snapshot?: BlockSnapshot,
  ): Promise<Result<BlockDescription, BlockRefusal>> {
    const parts = this.#parts;
    const isNew = parts.facts.read() === undefined;
    const born = transact(parts, () => {
      const done = giveBirth(parts, order);
      if (done.ok && isNew && snapshot !== undefined) applySnapshot(parts, snapshot);
      return done;
    });
    if (!born.ok) return born;
    this.#afterChange();
    const description = describeBlock(parts);
    return description === undefined ? err(NOPROC) : ok(description);
  }

  async describe(): Promise<BlockDescription | undefined> {
    return describeBlock(this.#parts);
  }

  async accept(from: BlockId, signals: readonly NumberedSignal[]): Promise<AcceptedStream> {
    return this.#afterChange(hearStream(this.#parts, this.#calls, { from, signals }));
  }

  async send(message: OutsideMessage): Promise<Result<SentMessage, BlockRefusal>> {
    return this.#afterChange(sendFromOutside(this.#parts, message));
  }

  async sendMany(
    messages: readonly OutsideMessage[],
  ): Promise<readonly Result<SentMessage, BlockRefusal>[]> {
    return this.#afterChange(sendManyFromOutside(this.#parts, messages));
  }

  async call(message: OutsideMessage, timeoutMs: number): Promise<Result<Envelope, BlockRefusal>> {
    const answer = callFromOutside(this.#parts, this.#calls, { message, timeoutMs });
    this.#afterChange();
    return await answer;
  }

  async receive(
    actor: BlockActor,
    query: ReceiveQuery,
  ): Promise<Result<readonly ReceivedMessage[], BlockRefusal>> {
    const allowed = await requireCapability(this.#parts, actor, 'block:receive');
    if (!allowed.ok) return this.#afterChange(allowed);
    return ok(await receiveMessages(this.#parts, query));
  }

  async acknowledge(
    actor: BlockActor,
    leases: readonly string[],
  ): Promise<Result<number, BlockRefusal>> {
    const parts = this.#parts;
    const allowed = await requireCapability(parts, actor, 'block:receive');
    if (!allowed.ok) return this.#afterChange(allowed);
    const done = transact(parts, () => {
      const held = leases.flatMap((lease) => parts.mailbox.leased(lease, parts.now()) ?? []);
      for (const { seq } of held) parts.mailbox.remove(seq);
      return held.length;
    });
    // Later messages of the same senders may be taken now.
    parts.waiters.wake(MAIL);
    return ok(done);
  }

  async reply(
    actor: BlockActor,
    lease: string,
    body: BlockBody,
  ): Promise<Result<true, BlockRefusal>> {
    const request = { actor, lease, body };
    return this.#afterChange(await replyToCall(this.#parts, this.#calls, request));
  }

  async act(actor: BlockActor, act: BlockAct): Promise<Result<BlockActAnswer, BlockRefusal>> {
    return this.#afterChange(await actAsBlock(this.#parts, this.#courier, { actor, act }));
  }

  async exit(actor: BlockActor, reason: RequestedExit): Promise<Result<ExitReason, BlockRefusal>> {
    const parts = this.#parts;
    const facts = parts.facts.alive();
    if (facts === undefined) return err(NOPROC);
    if (!isOwner(facts, actor)) return err(NOT_OWNED);
    const receiver = { trapsExits: facts.trapsExits, isLinked: false };
    const effect = decideExit({ reason, via: 'owner' }, receiver);
    if (effect.kind !== 'end') return err(refusal('conflict', 'The block does not end of this'));
    const endsInOrder = facts.order.behavior.kind === 'supervisor' && reason !== 'kill';
    transact(parts, () => {
      if (endsInOrder) tellSupervisor(parts, facts, { kind: 'stop', reason: effect.reason });
      else endBlock(parts, effect.reason);
    });
    this.#afterChange();
    return ok(effect.reason);
  }

  async authorityChanged(revision: number): Promise<void> {
    this.#parts.hearRevision(revision);
  }

  async deadLetters(after: number, limit: number): Promise<readonly DeadLetter[]> {
    return listDeadLetters(this.#parts, after, limit);
  }

  async checkpoints(
    actor: BlockActor,
    ask: CheckpointAsk,
  ): Promise<Result<CheckpointAnswer, BlockRefusal>> {
    return this.#afterChange(askCheckpoints(this.#parts, actor, ask));
  }

  async redrive(actor: BlockActor, seq: number): Promise<Result<true, BlockRefusal>> {
    const facts = await requireCapability(this.#parts, actor, undefined);
    return this.#afterChange(facts.ok ? redriveLetter(this.#parts, facts.value, seq) : facts);
  }

  async leftMessages(after: number, limit: number): Promise<readonly LeftMessage[]> {
    const isLeft = this.#parts.facts.read()?.exit !== undefined;
    return isLeft ? leftMessages(this.#parts, after, limit) : [];
  }

  async tree(levels: number): Promise<BlockTree | undefined> {
    return await readTree(this.#parts, this.#neighbour, levels);
  }

  async changeChildren(
    actor: BlockActor,
    change: ChildChange,
  ): Promise<Result<true, BlockRefusal>> {
    return this.#afterChange(await changeChildren(this.#parts, actor, change));
  }

  override async alarm(): Promise<void> {
    await this.#parts.timers.alarm(this.#parts.now());
    await this.#sender.ring();
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
    this.#processor.wake();
  }

  /** Tells others, and wakes those who wait on a block that has ended. */
  #afterChange<T>(answer?: T): T {
    const parts = this.#parts;
    if (parts.facts.alive() === undefined) {
      this.#calls.endAll();
      parts.waiters.wakeAll();
    }
    parts.flush();
    this.#processor.wake();
    return answer as T;
  }
}
