/**
 * The keys that a webhook may have been signed with, from where its platform publishes them (OpenID
 * discovery).
 *
 * @module
 */

import * as z from 'zod';
import type { PublishedKey, Webhook } from '../../channels/adapter.ts';
import { ADAPTERS } from '../../channels/adapters.ts';
import { readBody } from '../../channels/read-body.ts';
import { findPlace } from '../kit/networks.ts';
import { channelAuthority } from './channel-authority.ts';
import { type ChannelParts, contextOf } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { sendRequest } from './send-request.ts';

/** Longest document that is read, in bytes. */
const MAX_DOCUMENT_BYTES = 524_288;

const metadata = z.object({ jwks_uri: z.url({ protocol: /^https?$/ }) });

const keySet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.string(), endorsements: z.array(z.string()).optional() }))
    .max(64),
});

/**
 * None where no key could make it right.
 *
 * @throws Fault `channel_unavailable` if they cannot be had.
 */
export async function keysFor(
  parts: ChannelParts,
  channel: StoredChannel,
  webhook: Webhook,
): Promise<readonly PublishedKey[]> {
  const { findKey } = ADAPTERS[channel.spec.platform];
  const wanted = findKey?.(webhook, contextOf(parts, channel));
  if (wanted === undefined) return [];
  const ask = () => fetchKeys(parts, channel, wanted.metadataUrl);
  return parts.keys.of({ wanted, now: parts.now(), ask });
}

async function fetchKeys(
  parts: ChannelParts,
  channel: StoredChannel,
  metadataUrl: string,
): Promise<readonly PublishedKey[]> {
  const authority = await channelAuthority(parts, channel);
  const privateHosts = authority?.policy.privateHosts ?? [];
  const read = async <T>(url: string, schema: z.ZodType<T>): Promise<T> => {
    const place = findPlace(parts.env, url, { privateHosts });
    if (place === undefined) throw new Error('no public address');
    const headers = { Accept: 'application/json' };
    const request = { method: 'GET', url: place.href, headers, body: '' } as const;
    const answer = await sendRequest(place.network, request, MAX_DOCUMENT_BYTES);
    const document = answer?.status === 200 ? readBody(answer.body, schema) : undefined;
    if (document === undefined) throw new Error('no such document');
    return document;
  };
  const { jwks_uri: keysUrl } = await read(metadataUrl, metadata);
  // Whoever may write the one document may write the other, and nobody else.
  if (new URL(keysUrl).origin !== new URL(metadataUrl).origin) throw new Error('foreign keys');
  const { keys } = await read(keysUrl, keySet);
  return keys as readonly PublishedKey[];
}
