/**
 * Opens a WebSocket for a client (RFC 6455 §4), and passes what is said on it.
 *
 * @module
 */

import { type IncomingMessage, request as sendRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { type EgressClient, relay } from './egress-client.ts';
import { EgressStop } from './egress-stop.ts';
import { passedFields } from './http-fields.ts';
import type { MeteredStream } from './metered-stream.ts';

export interface UpgradePlan {
  readonly upstream: MeteredStream;
  readonly path: string;
  readonly host: string;
}

/** Whether a request asks for a WebSocket, and for nothing else. */
export function asksForWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Throws {@link EgressStop} when the upstream does not agree. */
export async function forwardUpgrade(
  client: EgressClient,
  request: IncomingMessage,
  plan: UpgradePlan,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const refuse = (): void => reject(new EgressStop('upstream_failed'));
  sendRequest({
    createConnection: () => plan.upstream,
    path: plan.path,
    headers: [
      ...['Host', plan.host],
      ...passedFields(request),
      ...['Connection', 'Upgrade', 'Upgrade', 'websocket'],
    ],
  })
    .on('upgrade', (response: IncomingMessage, _stream: Duplex, head: Buffer) => {
      if (head.length > 0) plan.upstream.unshift(head);
      resolve(response);
    })
    .on('response', refuse)
    .on('error', refuse)
    .end();
  client.stream.write(writeSwitch(await promise));
  await relay(client, plan.upstream);
}

function writeSwitch(response: IncomingMessage): string {
  const fields = ['Connection', 'Upgrade', 'Upgrade', 'websocket', ...passedFields(response)];
  const lines = ['HTTP/1.1 101 Switching Protocols'];
  for (let i = 0; i < fields.length; i += 2) lines.push(`${fields[i]}: ${fields[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
