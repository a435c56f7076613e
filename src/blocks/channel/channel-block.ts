/**
 * The channels of a workspace: what comes in is stored before it is answered, each update has one turn,
 * and each reply is sent once or is known to be in doubt.
 *
 * One object for all channels, since an identity, its budget and its sessions may span them. This class
 * is the RPC surface, and what wakes the work; storage is touched only once there is a channel, so that
 * webhooks for names that nobody made leave nothing behind.
 *
 * @module
 */

import type { Webhook } from '../../channels/adapter.ts';
import type { Update } from '../../channels/update.ts';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import { workspaceOf } from '../kit/address.ts';
import { appendToChain } from '../kit/append-to-chain.ts';
import { Changes } from '../kit/changes.ts';
import { Tables } from '../kit/tables.ts';
import { Timers } from '../kit/timers.ts';
import { assembleParts } from './assemble-parts.ts';
import { carryOutUpdate } from './carry-out-update.ts';
import { createChannel } from './change-channels.ts';
import {
  CHAT_HEADER,
  type ChannelApi,
  type ChannelSummary,
  type ChatRequest,
  type CreateChannel,
  type NotCreated,
  type WebhookVerdict,
} from './channel-api.ts';
import type { ChannelBindings, ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { Intake } from './intake.ts';
import { ManagedChannels } from './managed-channels.ts';
import { OrderedWork } from './ordered-work.ts';
import { type ReceivedNow, receiveWebhook } from './receive-webhook.ts';
import { recordEnd, sendReply } from './send-reply.ts';
import { showSigns } from './show-signs.ts';
import { TurnPace } from './turn-pace.ts';
import { WebChat } from './web-chat.ts';

/** The name under which the outbox stands in the workspace's chain. */
const SOURCE = 'channels';

const WORK_TIMER = 'work';
const SWEEP_TIMER = 'sweep';

/** How late at most unfinished work is looked after, should this object be lost, in milliseconds. */
const LATEST_MS = 3_000;

const SWEEP_MS = 6 * 3_600_000;

/** Requests at once; the others wait for them, but never for those of one channel alone. */
const MAX_REQUESTS = 32;
const MAX_REQUESTS_OF_CHANNEL = 16;

export class ChannelBlock extends ManagedChannels implements ChannelApi {
  readonly #parts: ChannelParts;
  readonly #changes: Changes;
  readonly #timers: Timers;
  readonly #pace = new TurnPace({
    onTick: () => this.#turns.resume(),
    running: () => this.#turns.running,
  });
  readonly #turns: OrderedWork;
  readonly #requests: OrderedWork;
  readonly #intake: Intake;
  readonly #chat: WebChat;
  #isFounded: boolean;

  constructor(ctx: DurableObjectState, env: ChannelBindings) {
    super(ctx, env);
    const workspace = workspaceOf(ctx);
    this.#timers = new Timers(ctx.storage, {
      [WORK_TIMER]: () => this.#work(),
      [SWEEP_TIMER]: async () => this.#sweep(),
    });
    this.#parts = assembleParts({
      ...{ workspace, env, ctx },
      transact: (change) => this.#transact(change),
      send: (channel, chat, replies) => this.#send(channel, chat, replies),
      push: (channel, chat) => this.#chat.push(channel, chat),
      sign: (channel, update) =>
        ctx.waitUntil(showSigns(this.#parts, channel, update).catch(() => undefined)),
    });
    this.#intake = new Intake(this.#parts, (channel, { begun }) => this.#start(channel, begun));
    this.#chat = new WebChat({
      ...{ host: ctx, parts: this.#parts },
      take: (channel, update) => this.#takeChat(channel, update),
    });
    this.#changes = new Changes(ctx.storage, {
      forgetMemory: () => this.#forget(),
      flush: () => this.#setTimer(),
    });
    const { now } = this.#parts;
    this.#turns = new OrderedWork({
      now,
      maxAtOnce: () => this.#pace.turns,
      maxOfChannel: () => this.#pace.turns,
      run: (seq) => carryOutUpdate(this.#parts, seq),
      onProgress: () => {
        this.#pace.end();
        this.#afterWork();
      },
    });
    this.#requests = new OrderedWork({
      now,
      maxAtOnce: () => MAX_REQUESTS,
      maxOfChannel: () => MAX_REQUESTS_OF_CHANNEL,
      run: (seq) => sendReply(this.#parts, seq),
      onProgress: () => {
        this.#requests.resume();
        this.#afterWork();
      },
    });
    this.#isFounded = new Tables(ctx.storage.sql).has('channels');
    if (this.#isFounded) this.#parts.sealing.begin(() => this.#begin());
  }

  override async alarm(): Promise<void> {
    await this.#timers.alarm(Date.now());
  }

  async create(request: CreateChannel): Promise<ChannelSummary | NotCreated> {
    this.#found();
    return createChannel(this.#parts, request);
  }

  override async remove(actor: NamedActor, name: string): Promise<boolean> {
    const isRemoved = await super.remove(actor, name);
    if (isRemoved) this.#chat.closeAll(name);
    return isRemoved;
  }

  async receive(name: string, webhook: Webhook, only?: readonly string[]): Promise<WebhookVerdict> {
    if (!this.#isFounded) return { kind: 'refused' };
    await this.#parts.sealing.ask();
    const delivery = { webhook, ...(only !== undefined && { only }) };
    const received = await receiveWebhook(this.#parts, name, delivery);
    return 'channel' in received ? this.#intake.take(received) : received;
  }

  /** The request comes from the gateway, which nobody outside gets past. */
  override async fetch(request: Request): Promise<Response> {
    const asked: ChatRequest = JSON.parse(
      decodeURIComponent(request.headers.get(CHAT_HEADER) ?? 'null'),
    );
    if (this.#isFounded) await this.#parts.sealing.ask();
    const opened = this.#isFounded ? this.#chat.open(asked) : 401;
    return typeof opened === 'number'
      ? new Response(null, { status: opened })
      : new Response(null, { status: 101, webSocket: opened });
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    return this.#chat.hear(socket, data);
  }

  override webSocketClose(socket: WebSocket): void {
    // Until both ends have, the connection stays.
    socket.close();
  }

  #start(channel: string, begun: ReceivedNow['begun']): void {
    if (begun.length > 0) this.#pace.hear(begun.length);
    for (const { waiting, chat, replies } of begun) {
      if (waiting !== undefined) this.#turns.add(channel, waiting.lane, waiting.seq);
      this.#send(channel, chat, replies);
    }
  }

  async #takeChat(channel: StoredChannel, update: Update): Promise<WebhookVerdict> {
    await this.#parts.sealing.prepare();
    const verdict = await this.#intake.take({
      ...{ channel, updates: [update], verdict: { kind: 'accepted' } },
    });
    await this.ctx.storage.sync();
    return verdict;
  }

  protected override founded(): ChannelParts | undefined {
    return this.#isFounded ? this.#parts : undefined;
  }

  /** The first channel of the workspace. */
  #found(): void {
    if (this.#isFounded) return;
    this.ctx.storage.transactionSync(() => {
      const { channels, senders, codes, updates, outbox } = this.#parts;
      channels.createTable();
      senders.createTables();
      codes.createTables();
      updates.createTable();
      outbox.createTable();
      this.#timers.createTable();
    });
    this.#isFounded = true;
    this.#begin();
  }

  /** Takes up what an earlier life of this object has left. */
  #begin(): void {
    const { updates, replies, chats, terms, endings, moves } = this.#parts;
    replies.createTable();
    chats.createTables();
    for (const store of [terms, endings, moves]) store.createTable();
    updates.forget();
    const lost = replies.giveUpSending();
    this.#timers.restore();
    if (lost.length > 0) this.#recordLost(lost);
    for (const { channel, lane, seq } of updates.queue()) this.#turns.add(channel, lane, seq);
    for (const { seq, channel, part } of replies.pending()) {
      this.#requests.add(channel, laneOf(channel, part.chat), seq);
    }
    this.#pace.wake();
    this.#requests.resume();
  }

  #recordLost(channels: readonly string[]): void {
    this.#transact(() => {
      for (const channel of channels) recordEnd(this.#parts, { channel, status: 'unknown' });
    });
  }

  #send(channel: string, chat: string, replies: readonly number[]): void {
    for (const seq of replies) this.#requests.add(channel, laneOf(channel, chat), seq);
    if (replies.length > 0) this.#requests.resume();
  }

  /** Work goes on by itself; this is for what waits, and for an object that was lost. */
  async #work(): Promise<void> {
    this.#pace.wake();
    this.#requests.resume();
    await this.#parts.endings.settle(this.env);
    await this.#drain();
    this.#setTimer();
  }

  #afterWork(): void {
    const at = this.#nextAt();
    const dueAt = this.#timers.dueAt(WORK_TIMER);
    if (at !== undefined && (dueAt === undefined || at < dueAt)) this.#transact(() => undefined);
  }

  #sweep(): void {
    const { updates, replies, codes, chats, now } = this.#parts;
    this.#transact(() => {
      for (const kept of [updates, replies, codes, chats]) kept.sweep(now());
      this.#timers.set(SWEEP_TIMER, now() + SWEEP_MS);
    });
  }

  /** Part of a transaction, or of the alarm. */
  #setTimer(): void {
    const { updates, endings, replies, outbox, now } = this.#parts;
    const isIdle = updates.isEmpty() && outbox.isEmpty() && replies.isAllSettled();
    const ats = [...(isIdle ? [] : [this.#nextAt(), now() + LATEST_MS]), endings.nextAt()].filter(
      (at) => at !== undefined,
    );
    if (ats.length === 0) this.#timers.clear(WORK_TIMER);
    else this.#timers.setLatest(WORK_TIMER, Math.min(...ats));
    if (this.#timers.dueAt(SWEEP_TIMER) === undefined) {
      this.#timers.set(SWEEP_TIMER, now() + SWEEP_MS);
    }
  }

  #nextAt(): number | undefined {
    const ats = [this.#turns.nextAt(), this.#requests.nextAt()].filter((at) => at !== undefined);
    return ats.length === 0 ? undefined : Math.min(...ats);
  }

  #transact<T>(change: () => T): T {
    const result = this.#changes.make(change);
    this.ctx.waitUntil(this.#drain());
    return result;
  }

  #forget(): void {
    const { channels, updates, safe, outbox, sealing } = this.#parts;
    this.#timers.forget();
    sealing.forget();
    outbox.forget();
    safe.forget();
    channels.forget();
    updates.forget();
  }

  /** Never rejects: what is left is sent by the alarm. */
  async #drain(): Promise<void> {
    const { outbox, workspace } = this.#parts;
    if (outbox.isEmpty()) return;
    await outbox.drain(appendToChain(this.env, workspace, SOURCE)).catch(() => undefined);
  }
}

/** Replies to one chat are sent one after the other. */
const laneOf = (channel: string, chat: string): string => `${channel}/${chat}`;
