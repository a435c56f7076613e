/**
 * `fetch` of `sallyport:http`: waits for the answer and returns it. To `await` it changes nothing.
 *
 * @module
 */

import type { Host } from './host.ts';

interface RequestOptions {
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly timeoutMs?: unknown;
  readonly redirect?: unknown;
}

interface Head {
  /** 0 if nothing came back. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const URL_HEADER = 'x-sallyport-url';
const UNANSWERED_HEADER = 'x-sallyport-unanswered';

const { parse, stringify } = JSON;

export function createFetch(host: Host) {
  return function fetch(url: unknown, options: RequestOptions = {}): Response {
    const { method = 'GET', headers = {}, body, timeoutMs, redirect } = options;
    const said = { url: String(url), method: String(method), headers: toRecord(headers) };
    const asked = { ...said, timeoutMs, redirect };
    const head = parse(host.http(stringify(asked), toBody(host, body))) as Head;
    if (head.status === 0) {
      const reason = head.headers[UNANSWERED_HEADER];
      throw Object.assign(new Error(`Cannot fetch "${asked.url}": ${reason}`), { reason });
    }
    return new Response(host, head);
  };
}

/** An answer, whole. */
class Response {
  readonly status: number;
  readonly ok: boolean;
  /** The URL that answered, after redirects. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  readonly #host: Host;

  constructor(host: Host, { status, headers }: Head) {
    const { [URL_HEADER]: url = '', ...others } = headers;
    this.#host = host;
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.url = url;
    this.headers = new Map(Object.entries(others));
    this.body = host.httpBody();
  }

  bytes(): Uint8Array {
    return this.body;
  }

  text(): string {
    return this.#host.decode(this.body, '');
  }

  json(): unknown {
    return parse(this.text());
  }
}

function toRecord(headers: unknown): Record<string, string> {
  const entries = Symbol.iterator in Object(headers) ? headers : Object.entries(Object(headers));
  const record: Record<string, string> = {};
  for (const [name, value] of entries as Iterable<readonly [unknown, unknown]>) {
    record[String(name)] = String(value);
  }
  return record;
}

function toBody(host: Host, body: unknown): Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return host.encode(body.toWellFormed());
  throw new TypeError('Cannot send: the body must be a string or a Uint8Array');
}
