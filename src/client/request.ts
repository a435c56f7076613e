/**
 * One request to a gateway, and its answer or its problem.
 *
 * @module
 */

/** A problem that the gateway answered with (RFC 9457). */
export class SallyportError extends Error {
  /** Of HTTP; 0 if there was no answer. */
  readonly status: number;
  /** Of the closed list in the documentation: `noproc`, `mailbox_full`, `denied`, … */
  readonly code: string;
  readonly requestId: string | undefined;
  /** Milliseconds after which it may be tried again, where the gateway knows. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, problem: Problem, retryAfterMs: number | undefined) {
    super(problem.detail ?? problem.title ?? `The gateway answered ${status}`);
    this.name = 'SallyportError';
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.requestId = problem.requestId;
    this.retryAfterMs = retryAfterMs;
  }
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly requestId?: string;
}

export interface Connection {
  readonly url: string;
  readonly token: string;
  /** Absent: the global one. */
  readonly fetch?: (input: string, init: RequestInit) => Promise<Response>;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Id of the block that the request acts as. */
  readonly actingAs?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The JSON of the answer, or nothing where there is none.
 *
 * @throws SallyportError if the gateway refuses; whatever `fetch` throws if it cannot be reached.
 */
export async function ask<T>(connection: Connection, request: Request): Promise<T> {
  const send = connection.fetch ?? fetch;
  const { method, path, body, actingAs, signal } = request;
  const response = await send(new URL(path, connection.url).href, {
    method,
    headers: {
      Authorization: `Bearer ${connection.token}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(actingAs !== undefined && { 'Sallyport-Block': actingAs }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const text = await response.text();
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
  const retryAfter = Number(response.headers.get('Retry-After') ?? Number.NaN);
  throw new SallyportError(
    response.status,
    readProblem(text),
    Number.isNaN(retryAfter) ? undefined : retryAfter * 1_000,
  );
}

/** A proxy on the way may answer with anything. */
export function readProblem(text: string): Problem {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
