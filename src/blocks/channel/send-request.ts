/**
 * One request to a platform's API.
 *
 * @module
 */

import type { OutgoingRequest, SendAnswer } from '../../channels/adapter.ts';
import { readRetryAfter } from '../../core/primitives/retry-after.ts';
import type { Network } from '../kit/networks.ts';
import { within } from '../kit/within.ts';

/** How long a platform may take to answer, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** What is read of an answer, in bytes, where it is only looked at for an id or an error. */
const MAX_ANSWER_BYTES = 65_536;

/** `undefined`: nobody knows what became of it. Redirects are not followed. */
export async function sendRequest(
  network: Network,
  request: OutgoingRequest,
  maxAnswerBytes = MAX_ANSWER_BYTES,
): Promise<SendAnswer | undefined> {
  return await within(TIMEOUT_MS, async (signal) => {
    const { method, headers, body } = request;
    const sent = method === 'GET' ? {} : { body };
    // As the platform is now, not as Cloudflare has kept it.
    const fresh = { redirect: 'manual', cache: 'no-store' } as const;
    const response = await network.fetch(request.url, {
      ...{ method, headers, ...sent, signal, ...fresh },
    });
    const retryAfterMs = readRetryAfter(response.headers.get('Retry-After'), Date.now());
    return {
      status: response.status,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      body: await readStart(response.body, maxAnswerBytes),
    };
  }).catch(() => undefined);
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
