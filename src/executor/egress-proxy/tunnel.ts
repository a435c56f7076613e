/**
 * A tunnel to one granted host, asked for by `CONNECT` or by SOCKS.
 *
 * A tunnel is not for any bytes: it carries TLS that names the same host as the tunnel does, or
 * plain HTTP, which is then read like any other. What runs inside TLS stays hidden.
 *
 * @module
 */

import { isIP } from 'node:net';
import type { HostPort } from '../../core/capabilities/resource.ts';
import {
  type ClientHello,
  MAX_CLIENT_HELLO_BYTES,
  parseClientHello,
  TLS_HANDSHAKE,
} from './client-hello.ts';
import type { TargetRules } from './decide-target.ts';
import type { Dialler } from './dial.ts';
import { type EgressClient, type OpenedRoute, relay } from './egress-client.ts';
import { EgressStop, outcomeOf } from './egress-stop.ts';
import type { MeteredStream } from './metered-stream.ts';
import { readHead } from './read-head.ts';
import { SECRETS_HOST } from './secret-request.ts';

export interface TunnelParts {
  readonly rules: TargetRules;
  readonly dialler: Dialler;
  readonly headTimeoutMs: number;
  /** Takes a client whose tunnel carries plain HTTP. */
  readonly serveHttp: (client: EgressClient) => void;
}

/**
 * Opens the way to `host:port`, if one kind of connection to it is granted. Nothing is opened to the
 * proxy's own name, under which a secret is added: some clients make a tunnel for every request.
 */
export async function openTunnel(
  client: EgressClient,
  authority: string,
  { rules, dialler }: TunnelParts,
): Promise<OpenedRoute | undefined> {
  if (authority.toLowerCase() === `${SECRETS_HOST}:80`) return undefined;
  const target = rules.readTunnel(authority);
  client.connection.wants(target);
  rules.require(target, ['tool:network:http', 'tool:network:websocket']);
  return { target, upstream: await dialler.dial(target, client.connection) };
}

/** Serves a client that has been told that its tunnel is open. Throws {@link EgressStop}. */
export async function serveTunnel(
  client: EgressClient,
  route: OpenedRoute | undefined,
  parts: TunnelParts,
): Promise<void> {
  if (route === undefined) {
    parts.serveHttp(client);
    return;
  }
  const { stream } = client;
  client.route = route;
  const timeoutMs = parts.headTimeoutMs;
  const stopWaiting = leaveWith(route.upstream, client);
  const first = await readHead(stream, peekByte, { maxBytes: 1, timeoutMs });
  stopWaiting();
  if (first === TLS_HANDSHAKE) {
    const limits = { maxBytes: MAX_CLIENT_HELLO_BYTES, timeoutMs };
    requireSameName(await readHead(stream, parseClientHello, limits), route.target);
    await relay(client, route.upstream);
  } else if (isHttpMethodStart(first)) {
    parts.serveHttp(client);
  } else {
    throw new EgressStop('protocol_unknown');
  }
}

/** A client that has not spoken yet is let go of when the other side is gone; answers what ends that. */
function leaveWith(upstream: MeteredStream, { stream, connection }: EgressClient): () => void {
  const leave = (): void => {
    connection.end(outcomeOf(upstream.errored, 'upstream_failed'));
    stream.destroy();
  };
  if (upstream.destroyed) leave();
  upstream.once('close', leave);
  return () => upstream.off('close', leave);
}

/** The first byte, left where it is. */
export function peekByte(bytes: Buffer): { value: number; length: number } | undefined {
  const [value] = bytes;
  return value === undefined ? undefined : { value, length: 0 };
}

/** Where the client hides that it wants to go elsewhere behind the same address. */
function requireSameName({ serverName }: ClientHello, { host }: HostPort): void {
  const isNamed = serverName?.toLowerCase() === host;
  const isAddress = serverName === undefined && isIP(host) !== 0; // RFC 6066 names no addresses
  if (!isNamed && !isAddress) throw new EgressStop('server_name_mismatch');
}

function isHttpMethodStart(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
