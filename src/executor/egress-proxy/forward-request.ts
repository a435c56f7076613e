/**
 * Sends one plain HTTP request on, and its response back.
 *
 * @module
 */

import { type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EgressClient } from './egress-client.ts';
import { EgressStop, outcomeOf } from './egress-stop.ts';
import { framingFields, passedFields } from './http-fields.ts';

/** What the proxy itself decides about a request that it sends on. */
export interface ForwardPlan {
  /** An open connection to the upstream; ends with the response. */
  readonly upstream: Duplex;
  /** Begins with `/`. */
  readonly path: string;
  /** `Host` as the upstream is to see it, whatever the client wrote. */
  readonly host: string;
  /** Fields that the proxy adds; what the client sent under their names is dropped. */
  readonly added: readonly (readonly [name: string, value: string])[];
}

export interface Exchange {
  readonly client: EgressClient;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Resolves when the response has been passed on whole. Throws {@link EgressStop}. */
export async function forwardRequest(exchange: Exchange, plan: ForwardPlan): Promise<void> {
  const { client, request, response } = exchange;
  const outgoing = sendRequest({
    createConnection: () => plan.upstream,
    method: request.method,
    path: plan.path,
    headers: writeFields(request, plan),
  });
  const { promise: answer, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on('response', resolve).on('error', reject).on('close', reject);
  response.on('close', () => outgoing.destroy());
  const sent = pipeline(request, outgoing);
  sent.catch(reject);

  try {
    const incoming = await answer;
    response.writeHead(incoming.statusCode ?? 502, [
      ...passedFields(incoming),
      ...framingFields(incoming),
    ]);
    await pipeline(incoming, response);
    client.connection.end('completed');
  } catch (thrown) {
    throw new EgressStop(outcomeOf(plan.upstream.errored ?? thrown, 'upstream_failed'));
  } finally {
    plan.upstream.destroy();
  }
}

function writeFields(request: IncomingMessage, { host, added }: ForwardPlan): string[] {
  const dropped = added.map(([name]) => name.toLowerCase());
  return [
    ...['Host', host],
    ...passedFields(request, dropped),
    ...framingFields(request),
    ...added.flat(),
    ...['Connection', 'close'],
  ];
}
