/**
 * The connection to the gateway: dialled from here, proved by both sides, kept alive by heartbeats,
 * and made again with growing pauses when it is lost.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import { CLOSE_CODES } from '../core/executor-protocol/close-codes.ts';
import {
  type ExecutorFrame,
  type GatewayFrame,
  HEARTBEAT,
  MAX_FRAME_BYTES,
  PROTOCOL_VERSION,
  parseGatewayFrame,
} from '../core/executor-protocol/frames.ts';
import { handshakeText } from '../core/executor-protocol/handshake.ts';
import type { NodeOffer } from '../core/executor-protocol/node-offer.ts';
import { connectUrl } from './gateway-url.ts';
import { hasGatewaySigned, type Identity, signText } from './identity.ts';

const HANDSHAKE_MS = 10_000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 30_000;
const NONCE_BYTES = 32;

/** How far the clock may be set while connected, in milliseconds, until the gateway is to judge it again. */
const MAX_CLOCK_STEP_MS = 5_000;

/** Close codes after which there is no coming back. */
const FINAL: Readonly<Record<number, 'replaced' | 'revoked'>> = {
  [CLOSE_CODES.replaced]: 'replaced',
  [CLOSE_CODES.revoked]: 'revoked',
};

const NORMAL_CLOSE = 1000;

/**
 * Uncompressed: frames are small, and to unpack one takes longer than to send it as it is. With a name:
 * before a domain, Cloudflare may turn away who has none.
 */
const OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MAX_FRAME_BYTES,
  headers: { 'User-Agent': 'sallyport-executor' },
};

/** How a gateway, or what stands before it, answers for a node that is not there. */
const NOT_FOUND = 404;

/**
 * Each is said once. `refused`: by the gateway, which did not believe or could not read what it was
 * told; `not-found`: it has no such node; `unreachable`: there was no connection yet. `clock`: of
 * this machine, which is too far from the gateway's.
 */
export type ConnectionState =
  | 'online'
  | 'offline'
  | 'refused'
  | 'clock'
  | 'not-found'
  | 'unreachable';

export interface ConnectionEvents {
  /** Of a connection that is proved. */
  readonly onFrame: (frame: GatewayFrame) => void;
  readonly onState: (state: ConnectionState, said: string) => void;
  /** It will not be made again: the node was revoked, or runs elsewhere. */
  readonly onEnd: (why: 'replaced' | 'revoked') => void;
}

export class GatewayConnection {
  readonly #identity: Identity;
  readonly #offer: NodeOffer;
  readonly #events: ConnectionEvents;
  #socket: WebSocket | undefined;
  #isProved = false;
  #isClosed = false;
  #told: ConnectionState | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #retry: NodeJS.Timeout | undefined;

  constructor(identity: Identity, offer: NodeOffer, events: ConnectionEvents) {
    this.#identity = identity;
    this.#offer = offer;
    this.#events = events;
  }

  /** Dials, and goes on dialling until it is closed. */
  open(): void {
    if (this.#isClosed) return;
    const { gatewayUrl, workspace, node } = this.#identity;
    const url = connectUrl(new URL(gatewayUrl), workspace, node);
    const socket = new WebSocket(url, OPTIONS);
    this.#socket = socket;
    new Attempt(socket, this.#identity, {
      offer: this.#offer,
      onProved: () => {
        this.#isProved = true;
        this.#pauseMs = FIRST_PAUSE_MS;
        this.#tell('online');
      },
      onFrame: this.#events.onFrame,
      onGone: (code, said) => this.#onGone(code, said),
    });
  }

  /** Whether it was handed to a live connection. What is not is asked for again by the gateway. */
  send(frame: ExecutorFrame): boolean {
    if (!this.#isProved || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Ends for good, after what was sent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.addEventListener('close', () => resolve());
      socket.addEventListener('error', () => resolve());
      setTimeout(() => {
        socket.terminate();
        resolve();
      }, 1_000).unref();
      socket.close(NORMAL_CLOSE);
    });
  }

  #onGone(code: number, said: string): void {
    const wasProved = this.#isProved;
    this.#isProved = false;
    if (wasProved && !this.#isClosed) this.#tell('offline');
    if (code === CLOSE_CODES.refused) this.#tell('refused');
    else if (code === CLOSE_CODES.clock) this.#tell('clock', said);
    else if (code === NOT_FOUND) this.#tell('not-found');
    else if (this.#told === undefined && !this.#isClosed) this.#tell('unreachable');
    const why = FINAL[code];
    if (why !== undefined) {
      this.#isClosed = true;
      this.#events.onEnd(why);
    }
    if (this.#isClosed) return;
    // Jitter, so that many executors do not come back at once.
    const pauseMs = this.#pauseMs * (0.5 + Math.random());
    this.#pauseMs = Math.min(this.#pauseMs * 2, MAX_PAUSE_MS);
    this.#retry = setTimeout(() => this.open(), pauseMs);
  }

  #tell(state: ConnectionState, said = ''): void {
    if (this.#told === state) return;
    this.#told = state;
    this.#events.onState(state, said);
  }
}

interface AttemptEvents {
  readonly offer: NodeOffer;
  readonly onProved: () => void;
  readonly onFrame: (frame: GatewayFrame) => void;
  /** The close code and its reason, or the status where there was no upgrade; 0 if neither is known. */
  readonly onGone: (code: number, said: string) => void;
}

/** One connection, from dialling to its end. */
class Attempt {
  readonly #socket: WebSocket;
  readonly #identity: Identity;
  readonly #events: AttemptEvents;
  readonly #nonce = randomBytes(NONCE_BYTES).toString('base64url');
  #state: 'hello' | 'proof' | 'live' = 'hello';
  /** By a clock that nobody sets. */
  #heardAt = 0;
  /** When that clock began, as the gateway was told by the other. */
  #originAt = 0;
  #beat: NodeJS.Timeout;
  #isGone = false;

  constructor(socket: WebSocket, identity: Identity, events: AttemptEvents) {
    this.#socket = socket;
    this.#identity = identity;
    this.#events = events;
    this.#beat = setTimeout(() => this.#end(), HANDSHAKE_MS);
    socket.addEventListener('open', () =>
      this.#send({ kind: 'hello', version: PROTOCOL_VERSION, nonce: this.#nonce }),
    );
    socket.addEventListener('message', ({ data }) => this.#hear(String(data)));
    socket.addEventListener('close', ({ code, reason }) => this.#gone(code, reason));
    socket.addEventListener('error', () => this.#gone(0));
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
      this.#gone(statusCode);
      socket.terminate();
    });
  }

  #hear(text: string): void {
    if (this.#isGone) return;
    this.#heardAt = performance.now();
    if (text === HEARTBEAT.answer) return;
    const frame = parseGatewayFrame(text);
    if (frame === undefined) this.#end();
    else if (this.#state === 'live') this.#events.onFrame(frame);
    else if (this.#state === 'hello' && frame.kind === 'challenge') this.#prove(frame);
    else if (this.#state === 'proof' && frame.kind === 'welcome') this.#goLive();
    else this.#end();
  }

  /** The gateway first: nothing is signed for whoever has not the pinned key. */
  #prove({ nonce, signature }: Extract<GatewayFrame, { kind: 'challenge' }>): void {
    const { workspace, node, gatewayKey, privateKey } = this.#identity;
    const shake = { workspace, node, executorNonce: this.#nonce, gatewayNonce: nonce };
    if (!hasGatewaySigned(gatewayKey, handshakeText('gateway', shake), signature)) {
      this.#end();
      return;
    }
    this.#state = 'proof';
    const proof = signText(privateKey, handshakeText('executor', shake));
    const offer = { ...this.#events.offer, clockAt: Date.now() };
    this.#originAt = originNow();
    this.#send({ kind: 'proof', signature: proof, offer });
  }

  #goLive(): void {
    this.#state = 'live';
    clearTimeout(this.#beat);
    this.#beat = setInterval(() => {
      const isSilent = performance.now() - this.#heardAt > 2 * HEARTBEAT.everyMs;
      const isSet = Math.abs(originNow() - this.#originAt) > MAX_CLOCK_STEP_MS;
      if (isSilent || isSet) this.#end();
      else this.#socket.send(HEARTBEAT.ask);
    }, HEARTBEAT.everyMs);
    this.#events.onProved();
  }

  #send(frame: ExecutorFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #end(): void {
    this.#socket.close();
    this.#gone(0);
  }

  #gone(code: number, said = ''): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#beat);
    this.#events.onGone(code, said);
  }
}

/** The same until somebody sets the clock, or the machine has slept. */
function originNow(): number {
  return Date.now() - performance.now();
}
