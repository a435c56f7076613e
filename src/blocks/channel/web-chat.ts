/**
 * Web chats: pages talk over WebSockets that the platform holds, so that nobody need stay in memory for
 * them. A message is on disk before it is said to be taken; a reply is on disk before it is pushed, and is
 * pushed from wherever a page says that it has got to.
 *
 * @module
 */

import {
  CHAT_CLOSE_CODES,
  type ChatAnswer,
  type ChatCloseWord,
  type ChatFrame,
  readChatFrame,
} from '../../core/channels/chat-frame.ts';
import { type Bucket, callsIn, refill, takeCalls } from '../../core/policy/bucket.ts';
import type { ChatRequest } from './channel-api.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { type ChatTicket, readChatTicket } from './chat-ticket.ts';
import { hearChat } from './hear-chat.ts';

const HEARTBEAT = { ask: 'ping', answer: 'pong' } as const;

/** Most sockets of a workspace at once, and of one visitor. */
const MAX_SOCKETS = 4_096;
const MAX_SOCKETS_OF_VISITOR = 8;

/** How long a socket stays open at most, in milliseconds: then its page asks for another ticket. */
const MAX_OPEN_MS = 86_400_000;

/**
 * What one socket is pushed of replies at most, in characters. What its page does not read is kept in
 * memory, and nobody is told how much that is: a page goes on from its cursor with another ticket.
 */
const MAX_PUSHED_CHARS = 1_048_576;

/** Frames of one socket; messages have the rate of their sender besides. */
const FRAME_RATE = { calls: 60, periodMs: 10_000 } as const;

/** What is attached to each socket. */
interface Visit extends Pick<ChatTicket, 'channel' | 'createdAt' | 'sender'> {
  readonly endsAt: number;
  /** Of the last reply that was pushed; absent until the page has said where it stands. */
  readonly cursor?: number;
  /** Characters of replies that were pushed. */
  readonly pushed?: number;
}

export type ChatHost = Pick<
  DurableObjectState,
  'acceptWebSocket' | 'getWebSockets' | 'setWebSocketAutoResponse'
>;

export interface WebChatRules {
  readonly host: ChatHost;
  readonly parts: ChannelParts;
  /** Takes a message in, and resolves when it is on disk. */
  readonly take: Parameters<typeof hearChat>[0]['take'];
}

export class WebChat {
  readonly #rules: WebChatRules;
  readonly #rates = new WeakMap<WebSocket, Bucket>();

  constructor(rules: WebChatRules) {
    this.#rules = rules;
  }

  /** The page's end; or the status by which it is refused. */
  open({ channel: name, ticket, origin }: ChatRequest): WebSocket | 401 | 403 | 429 {
    const { host, parts } = this.#rules;
    const channel = parts.channels.find(name);
    if (channel?.spec.origins === undefined) return 401;
    const said = readChatTicket(parts, channel, ticket);
    // Before anything else is told: without a ticket nobody learns which channels there are.
    if (said === undefined) return 401;
    if (!channel.spec.origins.includes(origin)) return 403;
    const tag = this.#tagOf(name, said.sender);
    const isFull =
      host.getWebSockets().length >= MAX_SOCKETS ||
      host.getWebSockets(tag).length >= MAX_SOCKETS_OF_VISITOR;
    if (isFull) return 429;
    if (!parts.transact(() => parts.chats.useTicket(said.id, said.endsAt))) return 401;
    const { 0: theirs, 1: ours } = new WebSocketPair();
    host.acceptWebSocket(ours, [tag]);
    const { ask, answer } = HEARTBEAT;
    host.setWebSocketAutoResponse(new WebSocketRequestResponsePair(ask, answer));
    const { createdAt, sender } = said;
    const endsAt = parts.now() + MAX_OPEN_MS;
    ours.serializeAttachment({ channel: name, createdAt, sender, endsAt } satisfies Visit);
    say(ours, { kind: 'ready', cursor: parts.chats.newest({ channel: name, chat: sender }) });
    return theirs;
  }

  /** What a page says. Never rejects. */
  async hear(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const heard = this.#read(socket, data);
    if (typeof heard === 'string') return close(socket, heard);
    const { frame, channel, visit } = heard;
    if (frame.kind === 'resume') {
      const { after = this.#rules.parts.chats.newest(chatOf(visit)) } = frame;
      socket.serializeAttachment({ ...visit, cursor: after } satisfies Visit);
      this.#pushTo(socket);
      return;
    }
    const { sender } = visit;
    const answer = await hearChat(this.#rules, channel, { ...frame, sender }).catch(
      () => undefined,
    );
    if (answer === undefined) close(socket, 'failed');
    else say(socket, answer);
  }

  /** After there is a reply for the readers of a chat. */
  push(channel: string, chat: string): void {
    const { host } = this.#rules;
    for (const socket of host.getWebSockets(this.#tagOf(channel, chat))) this.#pushTo(socket);
  }

  /** After a channel was deleted. */
  closeAll(channel: string): void {
    for (const socket of this.#rules.host.getWebSockets()) {
      if (visitOf(socket).channel === channel) close(socket, 'removed');
    }
  }

  #read(
    socket: WebSocket,
    data: string | ArrayBuffer,
  ):
    | { readonly frame: ChatFrame; readonly channel: StoredChannel; readonly visit: Visit }
    | ChatCloseWord {
    const { channels, now } = this.#rules.parts;
    const visit = visitOf(socket);
    const channel = channels.find(visit.channel);
    if (channel?.createdAt !== visit.createdAt) return 'removed';
    if (isOver(visit, now())) return 'expired';
    if (!this.#mayFrame(socket, now())) return 'tooFast';
    if (typeof data !== 'string') return 'unsupported';
    const frame = readChatFrame(data);
    return frame.ok ? { frame: frame.value, channel, visit } : frame.error;
  }

  #mayFrame(socket: WebSocket, now: number): boolean {
    const bucket = refill(this.#rates.get(socket), FRAME_RATE, now);
    this.#rates.set(socket, takeCalls(bucket, 1));
    return callsIn(bucket) >= 1;
  }

  /** Where a reply cannot be read, its reader is not left waiting. */
  #pushTo(socket: WebSocket): void {
    try {
      this.#pushAll(socket);
    } catch {
      close(socket, 'failed');
    }
  }

  /** What comes after its cursor, which moves along. */
  #pushAll(socket: WebSocket): void {
    const { chats, replies, channels, now } = this.#rules.parts;
    let visit = visitOf(socket);
    const isLive = channels.find(visit.channel)?.createdAt === visit.createdAt;
    if (visit.cursor === undefined || !isLive) return;
    for (const { cursor, reply } of chats.after(chatOf(visit), visit.cursor)) {
      if (isOver(visit, now())) break;
      const part = replies.find(reply)?.part;
      visit = { ...visit, cursor, pushed: (visit.pushed ?? 0) + (part?.text.length ?? 0) };
      if (part === undefined) continue;
      const { index, text, format, messageId: inReplyTo = '' } = part;
      say(socket, { kind: 'reply', cursor, inReplyTo, index, text, format });
    }
    socket.serializeAttachment(visit satisfies Visit);
    if (isOver(visit, now())) close(socket, 'expired');
  }

  /** Tags are short, and senders need not be. */
  #tagOf(channel: string, sender: string): string {
    return this.#rules.parts.ids(`web-chat:${channel}:${sender}`);
  }
}

/** A chat is with one visitor, so it is named after him. */
const chatOf = ({ channel, sender }: Visit) => ({ channel, chat: sender });

/** Another ticket is wanted. */
const isOver = ({ endsAt, pushed = 0 }: Visit, now: number): boolean =>
  endsAt <= now || pushed >= MAX_PUSHED_CHARS;

const visitOf = (socket: WebSocket): Visit => socket.deserializeAttachment();

function say(socket: WebSocket, answer: ChatAnswer): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(answer));
}

function close(socket: WebSocket, word: ChatCloseWord): void {
  socket.close(CHAT_CLOSE_CODES[word], word);
}
