/**
 * Asks a stranger for a JSON document: it is small, comes soon and from where it was asked, or nothing
 * of it is used. Redirects are not followed.
 *
 * @module
 */

import type { JsonValue } from '../../core/primitives/json.ts';
import { parseJson } from '../../core/primitives/parse-json.ts';
import type { Place } from './networks.ts';

/** Longest document, in bytes: a set of 64 large keys is half as long. */
const MAX_BYTES = 131_072;
const MAX_DEPTH = 8;

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Of an answer that says yes; absent where it holds no such document. */
  readonly json?: JsonValue;
}

export interface JsonRequest {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the wait for the last byte. */
  readonly signal: AbortSignal;
}

/** Nothing if no answer could be had, for whatever reason. */
export async function askJson(
  { href, network }: Place,
  { headers, signal, ...request }: JsonRequest,
): Promise<JsonAnswer | undefined> {
  try {
    const response = await network.fetch(href, {
      ...request,
      headers: { Accept: 'application/json', ...headers },
      signal,
      redirect: 'manual',
      // What an issuer says now, not what the platform has kept of it.
      cache: 'no-store',
    });
    const { status } = response;
    const told = { status, headers: response.headers };
    if (status !== 200 && status !== 201) {
      await response.body?.cancel();
      return told;
    }
    const text = await readAll(response.body, signal);
    const json = parseJson(text ?? '', { maxBytes: MAX_BYTES, maxDepth: MAX_DEPTH });
    return json.ok ? { ...told, json: json.value } : told;
  } catch {
    return undefined;
  }
}

/** Nothing for more than {@link MAX_BYTES}, or if it takes too long. */
async function readAll(
  stream: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): Promise<string | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let text = '';
  let left = MAX_BYTES;
  for await (const chunk of stream ?? []) {
    left -= chunk.length;
    if (left < 0 || signal.aborted) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
