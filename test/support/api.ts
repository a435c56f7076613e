/**
 * The gateway's API as tests call it: real requests, JSON in and out, events as they come.
 *
 * @module
 */

import type { Gateway } from './gateway.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

export interface ServerEvent {
  readonly id: number;
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of every shape
  readonly data: any;
}

export interface Api {
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>;
  readonly post: (
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
  readonly put: (path: string, body: unknown) => Promise<Answer>;
  readonly delete: (path: string) => Promise<Answer>;
  readonly session: () => Promise<string>;
  readonly turn: (session: string, input: string, model?: string) => Promise<Answer>;
  /** Starts a streamed turn; events are collected as they arrive. */
  readonly streamTurn: (session: string, input: string, model?: string) => Promise<EventReader>;
  readonly follow: (session: string, turnId: string, afterId: number) => Promise<EventReader>;
  readonly token: string;
}

export interface EventReader {
  readonly events: ServerEvent[];
  /** Resolves with the event once there is one that fits; rejects when the stream ends first. */
  readonly until: (fits: (event: ServerEvent) => boolean) => Promise<ServerEvent>;
  /** Resolves when the stream has ended, in whatever way. */
  readonly ended: Promise<void>;
  readonly close: () => void;
}

export function callApi(gateway: Pick<Gateway, 'url' | 'token'>, token = gateway.token): Api {
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    extra: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(gateway.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...extra,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: readBody(text) };
  };
  const open = async (path: string, init: RequestInit) => {
    const abort = new AbortController();
    const response = await fetch(gateway.url + path, { ...init, signal: abort.signal });
    if (!response.ok || response.body === null) {
      throw new Error(`${response.status} ${await response.text()}`);
    }
    return readEvents(response.body, abort);
  };
  const auth = { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' };
  return {
    token,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: (path, body, headers) => send('POST', path, body, headers),
    put: (path, body) => send('PUT', path, body),
    delete: (path) => send('DELETE', path),
    session: async () => (await send('POST', '/v1/sessions', {})).body.id,
    turn: (session, input, model) =>
      send('POST', `/v1/sessions/${session}/turns`, { input, ...(model && { model }) }),
    streamTurn: (session, input, model) =>
      open(`/v1/sessions/${session}/turns`, {
        method: 'POST',
        headers: { ...auth, 'Content-Type': 'application/json' },
        body: JSON.stringify({ input, stream: true, ...(model && { model }) }),
      }),
    follow: (session, turnId, afterId) =>
      open(`/v1/sessions/${session}/turns/${turnId}/events`, {
        headers: { ...auth, 'Last-Event-ID': String(afterId) },
      }),
  };
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readEvents(body: ReadableStream<Uint8Array>, abort: AbortController): EventReader {
  const events: ServerEvent[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  const wake = () => {
    for (const resume of waiting) resume();
    waiting.clear();
  };
  const ended = (async () => {
    const decoder = new TextDecoder();
    let buffer = '';
    try {
      for await (const chunk of body) {
        buffer += decoder.decode(chunk, { stream: true });
        const frames = buffer.split('\n\n');
        buffer = frames.pop() ?? '';
        events.push(...frames.flatMap(parseFrame));
        wake();
      }
    } catch {
      // The connection broke, or the test closed it.
    } finally {
      over = true;
      wake();
    }
  })();
  const until = async (fits: (event: ServerEvent) => boolean): Promise<ServerEvent> => {
    for (;;) {
      const found = events.find(fits);
      if (found !== undefined) return found;
      if (over) throw new Error(`stream ended: ${JSON.stringify(events.map(({ kind }) => kind))}`);
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };
  return { events, until, ended, close: () => abort.abort() };
}

function parseFrame(frame: string): ServerEvent[] {
  const fields = new Map(
    frame
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  );
  if (!fields.has('data')) return [];
  return [
    {
      id: Number(fields.get('id')),
      kind: fields.get('event') ?? 'message',
      data: JSON.parse(fields.get('data') ?? 'null'),
    },
  ];
}

/** A user message that makes the model `embedded/script` say and do exactly this. */
export function script(...steps: readonly object[]): string {
  return JSON.stringify({ script: steps });
}

export const SCRIPT_MODEL = 'embedded/script';
