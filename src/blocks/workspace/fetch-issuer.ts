/**
 * The keys of an issuer, by its discovery document (OpenID Connect Discovery 1.0).
 *
 * What comes back is a stranger's text: it is small, comes soon, and from where the issuer itself is
 * said to be, or nothing of it is used. Redirects are not followed.
 *
 * @module
 */

import { readKeySet } from '../../core/policy/key-set.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { parseJson } from '../../core/primitives/parse-json.ts';
import { findPlace, type Networks, type Place } from '../kit/networks.ts';
import type { IssuerPlace } from './issuer-keys.ts';

/** How long each of the two documents may take, in milliseconds, to its last byte. */
const TIMEOUT_MS = 5_000;

/** Longest document, in bytes: a set of 64 large keys is half as long. */
const MAX_BYTES = 131_072;
const MAX_DEPTH = 8;

/** Nothing if they could not be had, for whatever reason. */
export async function fetchKeys(
  networks: Networks,
  { issuer, privateHosts }: IssuerPlace,
  timeoutMs = TIMEOUT_MS,
): Promise<readonly JsonObject[] | undefined> {
  const read = (url: string) => {
    const found = findPlace(networks, url, { privateHosts, publicScheme: 'https' });
    return found && fetchDocument(found, AbortSignal.timeout(timeoutMs));
  };
  const discovery = await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  // An issuer that speaks of another one is a mix-up (Discovery §4.3).
  if (!isJsonObject(discovery) || discovery.issuer !== issuer) return undefined;
  if (typeof discovery.jwks_uri !== 'string') return undefined;
  const keys = await read(discovery.jwks_uri);
  return keys === undefined ? undefined : readKeySet(keys);
}

async function fetchDocument(
  { href, network }: Place,
  signal: AbortSignal,
): Promise<JsonValue | undefined> {
  try {
    const headers = { Accept: 'application/json' };
    const response = await network.fetch(href, { headers, signal, redirect: 'manual' });
    if (response.status !== 200) {
      await response.body?.cancel();
      return undefined;
    }
    const text = await readAll(response.body, signal);
    if (text === undefined) return undefined;
    const json = parseJson(text, { maxBytes: MAX_BYTES, maxDepth: MAX_DEPTH });
    return json.ok ? json.value : undefined;
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
