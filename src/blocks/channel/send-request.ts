/**
 * One request to a platform's API, by the network that its address calls for.
 *
 * @module
 */

import type { OutgoingRequest, SendAnswer } from '../../channels/adapter.ts';
import { canonicaliseUrl } from '../../core/checks/canonical/canonical-url.ts';
import type { ChannelBindings, Network } from './channel-parts.ts';

/** How long a platform may take to answer, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** What is read of an answer, in bytes, where it is only looked at for an id or an error. */
const MAX_ANSWER_BYTES = 65_536;

/** Looked up at each request, so that what replaces `fetch` later (a test, a tracer) is used. */
const GLOBAL_NETWORK: Network = { fetch: (input, init) => globalThis.fetch(input, init) };

/** An address without its last slash, and how it is reached. */
export interface ApiPlace {
  readonly base: string;
  readonly network: Network;
}

/** `undefined` for a private address, unless the policy exempts exactly that host and port. */
export function findApi(
  env: Pick<ChannelBindings, 'PUBLIC_NETWORK' | 'PRIVATE_NETWORK'>,
  apiBase: string,
  privateHosts: readonly string[],
): ApiPlace | undefined {
  const open = canonicaliseUrl(apiBase);
  const url = open.ok ? open : canonicaliseUrl(apiBase, privateHosts);
  if (!url.ok) return undefined;
  const base = url.value.href.replace(/\/$/, '');
  if (open.ok) return { base, network: env.PUBLIC_NETWORK ?? GLOBAL_NETWORK };
  return env.PRIVATE_NETWORK && { base, network: env.PRIVATE_NETWORK };
}

/** `undefined`: nobody knows what became of it. Redirects are not followed. */
export async function sendRequest(
  network: Network,
  { url, method, headers, body }: OutgoingRequest,
  maxAnswerBytes = MAX_ANSWER_BYTES,
): Promise<SendAnswer | undefined> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sent = method === 'GET' ? {} : { body };
    const init = { method, headers, ...sent, signal, redirect: 'manual' } as const;
    const response = await network.fetch(url, init);
    const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
    return {
      status: response.status,
      ...(Number.isFinite(seconds) && { retryAfterMs: seconds * 1_000 }),
      body: await readStart(response.body, maxAnswerBytes),
    };
  } catch {
    return undefined;
  }
}

async function readStart(
  stream: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let left = maxBytes;
  for await (const chunk of stream ?? []) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.length;
    if (left <= 0) break;
  }
  return text;
}
