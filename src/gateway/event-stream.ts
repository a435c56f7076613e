/**
 * A turn's events as server-sent events, resumable by event id.
 *
 * The journal is the truth: the stream reads pages of it by long poll and can begin anywhere. A
 * lost session object is opened again and reading goes on where it was. A lost client does not
 * end the turn.
 *
 * @module
 */

import type {
  EventPage,
  FollowRequest,
  NotFollowed,
  TurnReader,
} from '../blocks/session/session-api.ts';
import type { TurnEvent } from '../core/conversation/turn-event.ts';
import { NO_USAGE } from '../core/conversation/usage.ts';
import type { OpenTurn } from './open-session.ts';
import type { Caller } from './route.ts';

/** A comment line is sent at least every 15 s; this leaves room for a slow poll. */
const POLL_MS = 10_000;
/** Reads that fail one after the other before the stream gives up and the client resumes. */
const MAX_FAILED_READS = 5;
const FAILED_READ_PAUSE_MS = 200;

/** How one event becomes text on the wire; an empty text sends nothing. */
export type WriteEvent = (event: TurnEvent) => string;

export interface StreamPlan {
  readonly write: WriteEvent;
  /** The stream ends when he may not read it any more. */
  readonly reader: TurnReader;
  /** Text before the first event. */
  readonly head?: string;
  /** Text after the last event, such as `data: [DONE]`. */
  readonly tail?: string;
  /** From the first event on, unless stated. */
  readonly afterId?: number;
  /** Called when the client goes away before the end. */
  readonly onLost?: () => void;
}

export function readerOf(
  { caller }: { readonly caller: Pick<Caller, 'principal'> },
  capability: TurnReader['capability'],
): TurnReader {
  return { principal: caller.principal, capability };
}

export function writeServerSentEvent({ id, body }: TurnEvent): string {
  const { kind, ...data } = body;
  return `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The response begins at once, with a comment, so that proxies pass the headers on. */
export function toEventStreamResponse(turn: OpenTurn, plan: StreamPlan): Response {
  return new Response(streamEvents(turn, plan), {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    },
  });
}

function streamEvents(turn: OpenTurn, plan: StreamPlan): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let { afterId = 0 } = plan;
  let lost = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(`: sallyport\n\n${plan.head ?? ''}`));
    },
    async pull(controller) {
      const asked = { turnId: turn.turnId, afterId, waitMs: POLL_MS, reader: plan.reader };
      const page = await readPage(turn, asked, () => lost);
      if (lost) return;
      // Who may not read it any more hears why when he comes back: it goes on without him.
      if (page === 'refused') return controller.close();
      const { events, ended } = page === 'gone' ? toEnd(afterId) : page;
      afterId = events.at(-1)?.id ?? afterId;
      const text = events.map(plan.write).join('') + (ended ? (plan.tail ?? '') : '');
      controller.enqueue(encoder.encode(text === '' ? ': waiting\n\n' : text));
      if (ended) controller.close();
    },
    cancel() {
      lost = true;
      plan.onLost?.();
    },
  });
}

/**
 * Of a turn that was deleted while it was followed: what becomes of it now is in no journal. With the id of
 * the last event before, so that a client comes back for nothing else.
 */
function toEnd(afterId: number): EventPage {
  const body = { kind: 'turn-failed', code: 'not_found', usage: NO_USAGE } as const;
  return { events: [{ id: afterId, at: Date.now(), body }], ended: true };
}

async function readPage(
  { session }: OpenTurn,
  asked: FollowRequest,
  isLost: () => boolean,
): Promise<EventPage | NotFollowed> {
  for (let failed = 0; !isLost(); ) {
    try {
      return await session.follow(asked);
    } catch (error) {
      failed += 1;
      if (failed >= MAX_FAILED_READS) throw error;
      await new Promise((resolve) => setTimeout(resolve, FAILED_READ_PAUSE_MS * failed));
    }
  }
  return 'refused';
}

/** The id after which a client wants to go on; anything but a whole number is not one. */
export function readLastEventId(request: Request): number | undefined {
  const text = request.headers.get('Last-Event-ID');
  if (text === null) return 0;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
