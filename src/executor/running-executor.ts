/**
 * An executor at work: does what its gateway says, tells its operator how the connection stands, and
 * ends once, whatever the reason.
 *
 * @module
 */

import type { ExecutorFrame, GatewayFrame } from '../core/executor-protocol/frames.ts';
import type { NodeOffer } from '../core/executor-protocol/node-offer.ts';
import type { CallDesk } from './call-desk.ts';
import { describeClock } from './describe-clock.ts';
import { type ConnectionState, GatewayConnection } from './gateway-connection.ts';
import type { Identity } from './identity.ts';
import type { ServerPool } from './mcp/server-pool.ts';

/** How long calls may go on after a stop, in milliseconds. */
const DRAIN_MS = 10_000;

const STATES: Readonly<Record<Exclude<ConnectionState, 'clock'>, string>> = {
  online: 'connected',
  offline: 'connection lost; trying again',
  refused:
    'the gateway refuses the connection: it must be of this version or a later one, and have this machine enrolled with this key; trying again',
  'not-found':
    'the gateway has no such node: it was revoked, or the address is another’s; trying again',
  unreachable: 'the gateway cannot be reached; trying again',
};

export type ExecutorEnd = 'stopped' | 'replaced' | 'revoked';

export interface RunningParts {
  readonly identity: Identity;
  readonly offer: NodeOffer;
  readonly desk: CallDesk;
  readonly pool: ServerPool;
  /** Tells the operator; one line each. */
  readonly tell: (line: string) => void;
  /** Nothing runs any more, and nobody is told anything more. */
  readonly close: () => void;
}

export class RunningExecutor {
  readonly #parts: RunningParts;
  readonly #connection: GatewayConnection;
  readonly #ended = Promise.withResolvers<ExecutorEnd>();
  #finishing: Promise<void> | undefined;
  #isOver = false;

  constructor(parts: RunningParts) {
    this.#parts = parts;
    this.#connection = new GatewayConnection(parts.identity, parts.offer, {
      onFrame: (frame) => this.#hear(frame),
      onState: (state, said) => this.#note(state, said),
      onEnd: (why) => void this.finish(why),
    });
  }

  /** Resolves when it has ended, with why. */
  get ended(): Promise<ExecutorEnd> {
    return this.#ended.promise;
  }

  open(): void {
    this.#connection.open();
  }

  send(frame: ExecutorFrame): void {
    this.#connection.send(frame);
  }

  /** Begins nothing more, lets run what runs for a while if it was only stopped, and ends. */
  finish(why: ExecutorEnd): Promise<void> {
    this.#finishing ??= this.#finish(why);
    return this.#finishing;
  }

  async #finish(why: ExecutorEnd): Promise<void> {
    const { desk, pool, close } = this.#parts;
    this.send({ kind: 'draining' });
    await desk.drain(why === 'stopped' ? DRAIN_MS : 0);
    await pool.close();
    await this.#connection.close();
    this.#isOver = true;
    close();
    this.#ended.resolve(why);
  }

  #note(state: ConnectionState, said: string): void {
    const { tell, pool } = this.#parts;
    tell(state === 'clock' ? tellClock(Number(said)) : STATES[state]);
    // Nobody could say what may not go on.
    if (state !== 'online') pool.letGo();
    else if (this.#finishing !== undefined) this.send({ kind: 'draining' });
  }

  #hear(frame: GatewayFrame): void {
    const { desk, pool } = this.#parts;
    if (frame.kind === 'let-go') pool.letGo();
    if (this.#isOver || frame.kind === 'let-go') return;
    if (frame.kind === 'call') desk.take(frame);
    if (frame.kind === 'cancel') desk.cancel(frame.callKey);
    if (frame.kind === 'recall') this.#recall(frame.callKey);
  }

  #recall(callKey: string): void {
    if (this.#parts.desk.recall(callKey) === 'absent') this.send({ kind: 'absent', callKey });
  }
}

/** `aheadMs`: as the gateway says. */
function tellClock(aheadMs: number): string {
  return `the gateway refuses the connection: ${describeClock(aheadMs)}; trying again`;
}
