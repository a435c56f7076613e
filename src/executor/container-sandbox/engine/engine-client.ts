/**
 * Speaks the Docker Engine API over a unix socket, as far as it is needed here. Docker and Podman
 * answer alike.
 *
 * @module
 */

import { type IncomingMessage, request as sendRequest } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../../../core/errors/fault.ts';

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without the version, with its query. */
  readonly path: string;
  /** Podman's own interface, for what the common one does not say. */
  readonly of?: 'libpod';
  readonly body?: unknown;
}

/** Understood by Docker 20.10 and Podman 4, and all that came after them. */
const API = '/v1.41';
const LIBPOD_API = '/v4.0.0/libpod';

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** How long an engine may take to answer, in milliseconds; to pull an image as well. */
const PATIENCE_MS = 60_000;
/** To take an image that it is sent. */
const LOADED_WITHIN_MS = 900_000;

export class EngineClient {
  readonly #socketPath: string;
  readonly #patienceMs: number;
  readonly #until: AbortSignal | undefined;

  constructor(socketPath: string, patienceMs = PATIENCE_MS, until?: AbortSignal) {
    this.#socketPath = socketPath;
    this.#patienceMs = patienceMs;
    this.#until = until;
  }

  /** The same engine, for questions that together may take as long as one: what hangs once hangs each time. */
  together(): EngineClient {
    const until = AbortSignal.timeout(this.#patienceMs);
    return new EngineClient(this.#socketPath, this.#patienceMs, until);
  }

  get patienceMs(): number {
    return this.#patienceMs;
  }

  /** Whether there is no more time for questions. */
  get isOver(): boolean {
    return this.#until?.aborted === true;
  }

  /** Calls it when there is none; answers what takes that back. */
  whenOver(act: () => void): () => void {
    if (this.isOver) act();
    this.#until?.addEventListener('abort', act);
    return () => this.#until?.removeEventListener('abort', act);
  }

  #deadline(): AbortSignal {
    const own = AbortSignal.timeout(this.#patienceMs);
    return this.#until === undefined ? own : AbortSignal.any([own, this.#until]);
  }

  /** The parsed answer; nothing for one without a body, and for "not found". */
  async ask(request: EngineRequest): Promise<unknown> {
    const { status, body } = await this.#send(request);
    if (status === 404) return undefined;
    if (status >= 400) throw refuse(`it must be able to answer ${request.method}`, body);
    return body.trim() === '' ? undefined : parseLastJson(body);
  }

  /** Hands over an image, as an archive of its files. */
  async load(archive: Readable): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = sendRequest({
      ...{ socketPath: this.#socketPath, method: 'POST', path: `${API}/images/load` },
      headers: { 'Content-Type': 'application/x-tar' },
      signal: AbortSignal.timeout(LOADED_WITHIN_MS),
    });
    outgoing.on('response', resolve);
    const sent = pipeline(archive, outgoing);
    sent.catch((error) => reject(refuse('it must take an image', String(error))));
    const response = await promise;
    const body = await readText(response);
    if (response.statusCode !== 200) throw refuse('it must be able to load an image', body);
    return parseLastJson(body);
  }

  /**
   * Starts something, and stays connected to what it says and hears, for as long as that takes.
   *
   * @throws Fault `tier_unavailable` where the engine says no; `internal` where it may have started all the same.
   */
  async attach(path: string, body: unknown): Promise<Duplex> {
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    const text = JSON.stringify(body);
    const outgoing = sendRequest({
      socketPath: this.#socketPath,
      method: 'POST',
      path: API + path,
      headers: {
        ...{ Connection: 'Upgrade', Upgrade: 'tcp', 'Content-Type': 'application/json' },
        'Content-Length': Buffer.byteLength(text),
      },
    });
    outgoing.on('upgrade', (_response, stream, head) => {
      if (head.length > 0) stream.unshift(head);
      resolve(stream);
    });
    outgoing.on('response', (response: IncomingMessage) => {
      response.resume();
      reject(refuse('it must attach', String(response.statusCode)));
    });
    outgoing.on('error', (cause) => {
      const problem = 'Cannot tell what has begun: the container engine must say so';
      reject(new Fault('internal', problem, { cause }));
    });
    const deadline = this.#deadline();
    const giveUp = () => outgoing.destroy(new Error('it did not answer in time'));
    if (deadline.aborted) giveUp();
    deadline.addEventListener('abort', giveUp);
    outgoing.end(text);
    return promise.finally(() => deadline.removeEventListener('abort', giveUp));
  }

  async #send({
    method,
    path,
    of,
    body,
  }: EngineRequest): Promise<{ status: number; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const outgoing = sendRequest(
      {
        ...{ socketPath: this.#socketPath, method },
        path: (of === 'libpod' ? LIBPOD_API : API) + path,
        ...(text !== undefined && { headers: { 'Content-Type': 'application/json' } }),
        signal: this.#deadline(),
      },
      (response) => {
        readText(response).then(
          (answer) => resolve({ status: response.statusCode ?? 500, body: answer }),
          (error) =>
            reject(error instanceof Fault ? error : refuse('it must answer', String(error))),
        );
      },
    );
    outgoing.on('error', (error) => reject(refuse('it must be reachable', error.message)));
    outgoing.end(text);
    return promise;
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw refuse('its answer must not be too long', '');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A pull answers with one document a line; the last one says how it went. */
function parseLastJson(body: string): unknown {
  try {
    return JSON.parse(
      body
        .trim()
        .split(/\r?\n(?=[{[])/)
        .at(-1) ?? 'null',
    );
  } catch (cause) {
    throw new Fault('tier_unavailable', 'Cannot use the container engine: it must answer in JSON', {
      cause,
    });
  }
}

function refuse(problem: string, detail: string): Fault {
  const cause = new Error(detail.slice(0, 2_000));
  return new Fault('tier_unavailable', `Cannot use the container engine: ${problem}`, { cause });
}
