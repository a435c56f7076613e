/** A vendor's HTTP endpoint: answers with recorded wire formats, and remembers what it was sent. */

import { vi } from 'vitest';

export interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Replaces `fetch` with these answers, one a request. */
export function answerWith(...answers: readonly (() => Response)[]): readonly Sent[] {
  const sent: Sent[] = [];
  const queue = [...answers];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input as RequestInfo, init as RequestInit);
    sent.push({
      url: request.url,
      headers: request.headers,
      body: (await request.json()) as Record<string, unknown>,
    });
    const answer = queue.shift();
    if (answer === undefined) throw new TypeError('connection refused');
    return answer();
  });
  return sent;
}

/** Server-sent events, cut into pieces in the middle of lines, as networks do. */
export function events(...lines: readonly string[]): () => Response {
  return () => {
    const bytes = new TextEncoder().encode(`${lines.join('\n\n')}\n\n`);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 37) controller.enqueue(bytes.slice(at, at + 37));
        controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
}

export function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}`;
}

export function named(event: string, value: Record<string, unknown>): string {
  return `event: ${event}\ndata: ${JSON.stringify({ type: event, ...value })}`;
}

export function refusal(status: number, body: unknown, headers: HeadersInit = {}): () => Response {
  return () => Response.json(body, { status, headers });
}
