/**
 * One client of the proxy: a connection that came in on the socket of a sandbox.
 *
 * @module
 */

import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HostPort } from '../../core/capabilities/resource.ts';
import type { EgressConnection } from './egress-ledger.ts';
import { EgressStop, outcomeOf } from './egress-stop.ts';
import type { MeteredStream } from './metered-stream.ts';

/** Where a tunnel leads that has been opened already. */
export interface OpenedRoute {
  readonly target: HostPort;
  readonly upstream: MeteredStream;
}

export interface EgressClient {
  readonly stream: Duplex;
  readonly connection: EgressConnection;
  /** When its stream is closed and its connection on record. */
  readonly gone: Promise<void>;
  /** Set once the client is inside a tunnel: all that it says goes there, or nowhere. */
  route?: OpenedRoute;
  /** Set once a request has been read: outside and inside a tunnel, one of each. */
  hasAsked?: boolean;
}

/** How long a client may take to read why it was refused, in milliseconds. */
const LINGER_MS = 1000;

/** Tells a client in its own protocol that it is refused, and lets go of it. */
export function refuse(client: EgressClient, answer: string | Buffer): void {
  const { stream } = client;
  stream.end(answer);
  stream.resume(); // a reset, for bytes that nobody read, would take the answer with it
  setTimeout(() => stream.destroy(), LINGER_MS).unref();
}

/** Passes bytes in both directions until both sides have ended, or one has failed. */
export async function relay(client: EgressClient, upstream: MeteredStream): Promise<void> {
  const { stream, connection } = client;
  const ends = await Promise.allSettled([pipeline(stream, upstream), pipeline(upstream, stream)]);
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  const stop = upstream.errored ?? reasons.find((reason) => reason instanceof EgressStop);
  connection.end(outcomeOf(stop, reasons.length === ends.length ? 'client_gone' : 'completed'));
  upstream.destroy();
  stream.destroy();
}
