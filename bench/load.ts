/**
 * A closed-loop load over keep-alive connections, each with one request in flight.
 *
 * @module
 */

import { Agent, request } from 'node:http';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

export interface LoadPlan {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
  /** The next request of a connection. */
  readonly next: (connection: number) => Call | Promise<Call>;
  /** Which answers count; successful ones unless stated. */
  readonly isGood?: (status: number) => boolean;
}

export async function runLoad({
  port,
  connections,
  durationMs,
  next,
  isGood = (status) => status >= 200 && status < 300,
}: LoadPlan): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  let failed = 0;
  const startedAt = performance.now();
  const worker = async (connection: number) => {
    while (performance.now() - startedAt < durationMs) {
      const call = await next(connection);
      const sentAt = performance.now();
      const { status } = await send(agent, port, call);
      if (isGood(status)) latencies.push(performance.now() - sentAt);
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => worker(index)));
  const seconds = (performance.now() - startedAt) / 1_000;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { perSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), failed };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly requestId: string;
}

export function send(agent: Agent | undefined, port: number, call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        method: call.method,
        path: call.path,
        ...(agent && { agent }),
        headers: {
          ...call.headers,
          ...(call.body !== undefined && { 'Content-Length': Buffer.byteLength(call.body) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString(),
            requestId: String(response.headers['x-request-id'] ?? ''),
          }),
        );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(call.body);
  });
}
