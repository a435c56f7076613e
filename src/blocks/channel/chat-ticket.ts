/**
 * Tickets for web chats: who the visitor is, as somebody says who may say so. Signed, good for a minute,
 * on one channel of one workspace, and once.
 *
 * @module
 */

import * as z from 'zod';
import { parseJson } from '../../core/primitives/parse-json.ts';
import { equalConstantTime, randomHex } from '../kit/keys.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';

/** How long a ticket waits to be used, in milliseconds. */
const CHAT_TICKET_MS = 60_000;

const ID_BYTES = 16;

/** Longest ticket, in characters. */
const MAX_CHARS = 2_048;

const claims = z.strictObject({
  id: z.string(),
  workspace: z.string(),
  channel: z.string(),
  /** A channel that was made anew is another one. */
  createdAt: z.number(),
  sender: z.string(),
  endsAt: z.number(),
});

export type ChatTicket = z.infer<typeof claims>;

type Signing = Pick<ChannelParts, 'ids' | 'workspace' | 'now'>;

export function writeChatTicket(
  parts: Signing,
  { spec, createdAt }: StoredChannel,
  sender: string,
): { readonly ticket: string; readonly expiresAt: number } {
  const { workspace, now } = parts;
  const endsAt = now() + CHAT_TICKET_MS;
  const said: ChatTicket = {
    ...{ id: randomHex(ID_BYTES), workspace, channel: spec.name, createdAt, sender, endsAt },
  };
  const text = Buffer.from(JSON.stringify(said), 'utf8').toString('base64url');
  return { ticket: `${text}.${sign(parts, text)}`, expiresAt: endsAt };
}

/** `undefined` unless it was signed here for this channel and is not over. Whether it was used, the store knows. */
export function readChatTicket(
  parts: Signing,
  { spec, createdAt }: StoredChannel,
  ticket: string,
): ChatTicket | undefined {
  const [text = '', signature = '', ...more] = ticket.split('.');
  if (ticket.length > MAX_CHARS || more.length > 0) return undefined;
  if (!equalConstantTime(signature, sign(parts, text))) return undefined;
  const json = Buffer.from(text, 'base64url').toString('utf8');
  const parsed = parseJson(json, { maxBytes: MAX_CHARS, maxDepth: 2 });
  const read = parsed.ok ? claims.safeParse(parsed.value) : undefined;
  if (!read?.success) return undefined;
  const said = read.data;
  const isHere = said.workspace === parts.workspace && said.channel === spec.name;
  return isHere && said.createdAt === createdAt && said.endsAt > parts.now() ? said : undefined;
}

function sign({ ids, workspace }: Signing, text: string): string {
  return ids(`web-chat-ticket:${workspace}:${text}`);
}
