/**
 * How many event streams a principal has open at once.
 *
 * Counted in the memory of one isolate, so that a stream costs no call to anybody: with several isolates
 * a principal has so many times more. A client that has gone is noticed at the next write, which is a
 * comment after 10 s at the latest.
 *
 * @module
 */

import { toPrincipalName } from '../core/policy/principal.ts';
import { Refusal } from './refusal.ts';
import type { Caller, Route, RouteRequest } from './route.ts';

const MAX_OPEN_STREAMS = 64;

const open = new Map<string, number>();

/**
 * Whether the answer will be a stream that stays open. Who takes JSON as well (MCP) may get either, and is
 * not counted.
 */
export function wantsStream(
  { success, access }: Pick<Route, 'success' | 'access'>,
  { body, query, raw }: Pick<RouteRequest<unknown, unknown>, 'body' | 'query' | 'raw'>,
): boolean {
  if (access === 'public') return false;
  if (asksForStream(body) || asksForStream(query)) return true;
  const accept = raw.headers.get('Accept') ?? '';
  if (accept.includes('application/json')) return false;
  return success.describes === 'stream' || accept.includes('text/event-stream');
}

function asksForStream(said: unknown): boolean {
  return typeof said === 'object' && said !== null && 'stream' in said && said.stream === true;
}

/** Counts one more until what it answers with is called. */
export function openStream({ principal }: Pick<Caller, 'principal'>): () => void {
  const holder = `${principal.workspace} ${toPrincipalName(principal)}`;
  const before = open.get(holder) ?? 0;
  if (before >= MAX_OPEN_STREAMS) {
    throw new Refusal('limit_reached', {
      detail: `Cannot open another stream: at most ${MAX_OPEN_STREAMS} may be open at once`,
    });
  }
  open.set(holder, before + 1);
  return once(() => {
    const left = (open.get(holder) ?? 1) - 1;
    if (left === 0) open.delete(holder);
    else open.set(holder, left);
  });
}

/** The same response, which closes the stream when its body ends, in whatever way. */
export function closingAtEnd(response: Response, close: () => void): Response {
  const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream') === true;
  if (!isStream || response.body === null) {
    close();
    return response;
  }
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      close();
    },
    async cancel(reason) {
      close();
      await reader.cancel(reason);
    },
  });
  return new Response(body, response);
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
