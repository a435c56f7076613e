/**
 * Asks a registry for the parts of one repository (OCI distribution-spec 1.1, "Pull"), with a token
 * where it wants one (Docker's token authentication).
 *
 * A registry is not trusted: what it answers is bounded, and judged by its hash elsewhere. Where it
 * leads, credentials do not follow, and neither does anything in the clear.
 *
 * @module
 */

import { isIP } from 'node:net';
import * as z from 'zod';
import { classifyAddress } from '../../../core/checks/canonical/address-class.ts';
import { Fault } from '../../../core/errors/fault.ts';
import type { ImageSource } from './image-source.ts';

/** How long a registry may take for the head of an answer, in milliseconds. */
const ANSWER_MS = 30_000;

const MAX_REDIRECTS = 5;
const MAX_TOKEN_BYTES = 65_536;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

const TOKEN = z.union([
  z.object({ token: z.string().min(1).max(MAX_TOKEN_BYTES) }),
  z
    .object({ access_token: z.string().min(1).max(MAX_TOKEN_BYTES) })
    .transform(({ access_token }) => ({ token: access_token })),
]);

export interface PartRequest {
  readonly kind: 'manifests' | 'blobs';
  readonly digest: string;
  readonly accept: string;
  readonly signal: AbortSignal;
}

export class RegistryClient {
  readonly #source: ImageSource;
  readonly #basic: string | undefined;
  #authorization: string | undefined;

  /** `basic`: name and password as base64, for this registry alone. */
  constructor(source: ImageSource, basic?: string) {
    this.#source = source;
    this.#basic = basic;
  }

  /** @throws Fault `tier_unavailable` unless there is an answer with a body. */
  async open({ kind, digest, accept, signal }: PartRequest): Promise<ReadableStream<Uint8Array>> {
    const { origin, path } = this.#source;
    const url = new URL(`${origin}/v2/${path}/${kind}/${digest}`);
    const request = { accept, signal };
    let response = await this.#ask(url, request);
    if (response.status === 401) {
      await this.#takeToken(response, signal);
      response = await this.#ask(url, request);
    }
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      throw refused(`it answers ${response.status}`);
    }
    return response.body;
  }

  /** Follows where it leads, without a word about who asks. */
  async #ask(url: URL, request: Pick<PartRequest, 'accept' | 'signal'>): Promise<Response> {
    let authorization = this.#authorization;
    let place = url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const response = await this.#get(place, { ...request, authorization });
      if (!REDIRECTS.has(response.status)) return response;
      await response.body?.cancel();
      place = this.#readPlace(response.headers.get('Location'), place);
      if (place.origin !== url.origin) authorization = undefined;
    }
    throw refused('it leads on and on');
  }

  async #takeToken(response: Response, signal: AbortSignal): Promise<void> {
    const challenge = response.headers.get('WWW-Authenticate') ?? '';
    await response.body?.cancel();
    if (/^basic\b/i.test(challenge) && this.#basic !== undefined) {
      this.#authorization = `Basic ${this.#basic}`;
      return;
    }
    const words = readChallenge(challenge);
    if (words === undefined) throw refused('it wants a token, and does not say from where');
    const url = this.#readPlace(words.realm, new URL(this.#source.origin));
    if (words.service !== undefined) url.searchParams.set('service', words.service);
    // Whatever it asks for: what is wanted is to read this one repository.
    url.searchParams.set('scope', `repository:${this.#source.path}:pull`);
    const authorization = this.#basic && `Basic ${this.#basic}`;
    const answer = await this.#get(url, { accept: 'application/json', signal, authorization });
    const token = TOKEN.safeParse(await readJson(answer));
    if (answer.status !== 200 || !token.success) throw refused('it gives no token');
    this.#authorization = `Bearer ${token.data.token}`;
  }

  async #get(
    url: URL,
    { accept, signal, authorization }: Omit<PartRequest, 'kind' | 'digest'> & Authorized,
  ): Promise<Response> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_MS);
    try {
      return await fetch(url, {
        redirect: 'manual',
        signal: AbortSignal.any([signal, late.signal]),
        headers: {
          Accept: accept,
          'Accept-Encoding': 'identity',
          ...(authorization !== undefined && { Authorization: authorization }),
        },
      });
    } catch {
      throw refused('it does not answer');
    } finally {
      clearTimeout(timer);
    }
  }

  /** Encrypted, and in the public network, unless the registry itself is on this machine. */
  #readPlace(text: string | null, base: URL): URL {
    const place = text === null || !URL.canParse(text, base) ? undefined : new URL(text, base);
    const isOwn = this.#source.isLoopback && place?.protocol === 'http:' && isLoopback(place);
    const isFine = place?.protocol === 'https:' && !isInside(place);
    if (place === undefined || place.username !== '' || !(isOwn || isFine)) {
      throw refused('it leads to where nothing may be fetched');
    }
    return place;
  }
}

interface Authorized {
  readonly authorization: string | undefined;
}

interface Challenge {
  readonly realm: string;
  readonly service?: string;
}

function readChallenge(text: string): Challenge | undefined {
  if (!/^bearer\s/i.test(text)) return undefined;
  const words = new Map(
    [...text.matchAll(/([a-z_]+)="([^"]{0,2048})"/gi)].map(([, name = '', value = '']) => [
      name.toLowerCase(),
      value,
    ]),
  );
  const realm = words.get('realm');
  const service = words.get('service');
  return realm === undefined ? undefined : { realm, ...(service !== undefined && { service }) };
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1';
}

/** By the address in it, if there is one. */
function isInside({ hostname }: URL): boolean {
  const host = hostname.replaceAll(/[[\]]/g, '');
  if (isIP(host) !== 0) return classifyAddress(host) !== 'public';
  return !host.includes('.') || /\.(?:localhost|local|internal)$/.test(host);
}

async function readJson({ body }: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > 2 * MAX_TOKEN_BYTES) throw refused('its answer is too long');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

function refused(reason: string): Fault {
  return new Fault('tier_unavailable', `Cannot pull from the registry: ${reason}`);
}
