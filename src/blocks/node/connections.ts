/**
 * The WebSockets of a workspace's nodes. They outlive the object's memory: what is known of one is
 * attached to it, and heartbeats are answered by the platform while the object sleeps.
 *
 * @module
 */

import { CLOSE_CODES } from '../../core/executor-protocol/close-codes.ts';
import { type GatewayFrame, HEARTBEAT } from '../../core/executor-protocol/frames.ts';
import type { NodeId } from '../../core/primitives/ids.ts';

/** Connections of one node that may be under way before one of them has proved itself. */
const MAX_UNPROVED = 4;

/**
 * A node of which nothing was heard for so long, in milliseconds, is away, though its connection does
 * not know it yet: it went to sleep, or its cable was pulled.
 */
export const SILENT_MS = 3 * HEARTBEAT.everyMs;

export type LinkState =
  | { readonly kind: 'new' }
  | { readonly kind: 'challenged'; readonly executorNonce: string; readonly gatewayNonce: string }
  | { readonly kind: 'live' | 'draining' };

export interface Link {
  readonly node: NodeId;
  readonly openedAt: number;
  readonly state: LinkState;
}

export class Connections {
  readonly #ctx: DurableObjectState;
  readonly #now: () => number;

  constructor(ctx: DurableObjectState, now: () => number = Date.now) {
    this.#ctx = ctx;
    this.#now = now;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(HEARTBEAT.ask, HEARTBEAT.answer));
  }

  /**
   * Where too many are under way, the oldest that has not proved itself ends: whoever has read the name of
   * a node somewhere can open them, and must not keep out the node itself, which proves itself at once.
   */
  accept(node: NodeId, now: number): Response {
    const unproved = this.#all(node)
      .filter((socket) => !isProved(linkOf(socket)))
      .toSorted((a, b) => linkOf(a).openedAt - linkOf(b).openedAt);
    for (const socket of unproved.slice(0, 1 - MAX_UNPROVED)) end(socket, 'refused');
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [node]);
    server.serializeAttachment({ node, openedAt: now, state: { kind: 'new' } } satisfies Link);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** This one has proved itself: all others of its node end. */
  promote(socket: WebSocket, state: LinkState): void {
    const { node } = linkOf(socket);
    for (const other of this.#all(node)) if (other !== socket) end(other, 'replaced');
    setState(socket, state);
  }

  /** The proven connection of a node that is there. */
  of(node: NodeId): WebSocket | undefined {
    const socket = this.#proved(node);
    if (socket === undefined) return undefined;
    const heardAt = Math.max(linkOf(socket).openedAt, this.#heartbeatOf(socket) ?? 0);
    return this.#now() - heardAt < SILENT_MS ? socket : undefined;
  }

  stateOf(node: NodeId): 'online' | 'draining' | 'offline' {
    const socket = this.of(node);
    if (socket === undefined) return 'offline';
    return linkOf(socket).state.kind === 'draining' ? 'draining' : 'online';
  }

  /** When a node was last heard of by a heartbeat, epoch milliseconds. */
  heartbeatAt(node: NodeId): number | undefined {
    const socket = this.#proved(node);
    return socket && this.#heartbeatOf(socket);
  }

  endAll(node: NodeId, why: keyof typeof CLOSE_CODES): void {
    for (const socket of this.#all(node)) end(socket, why);
  }

  #proved(node: NodeId): WebSocket | undefined {
    return this.#all(node).find((socket) => isProved(linkOf(socket)));
  }

  #heartbeatOf(socket: WebSocket): number | undefined {
    return this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime();
  }

  #all(node: NodeId): readonly WebSocket[] {
    return this.#ctx.getWebSockets(node).filter(({ readyState }) => readyState === WebSocket.OPEN);
  }
}

export function linkOf(socket: WebSocket): Link {
  return socket.deserializeAttachment();
}

export function setState(socket: WebSocket, state: LinkState): void {
  socket.serializeAttachment({ ...linkOf(socket), state } satisfies Link);
}

export function isProved({ state }: Link): boolean {
  return state.kind === 'live' || state.kind === 'draining';
}

/** A connection that is gone hears nothing; its node is asked again when it is back. */
export function send(socket: WebSocket, frame: GatewayFrame): void {
  try {
    socket.send(JSON.stringify(frame));
  } catch {
    // The close event follows.
  }
}

export function end(socket: WebSocket, why: keyof typeof CLOSE_CODES, said: string = why): void {
  try {
    socket.close(CLOSE_CODES[why], said);
  } catch {
    // It is closed already.
  }
}
