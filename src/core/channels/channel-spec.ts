/**
 * What a channel is: the platform it speaks to, who may talk there, and what they may do.
 *
 * @module
 */

import * as z from 'zod';

/** Most channels of a workspace. */
export const MAX_CHANNELS = 64;

/** A segment of a capability without any escape, and short enough to begin a principal's id. */
export const CHANNEL_NAME = /^[a-z][a-z0-9-]{0,31}$/;

const PLATFORMS = [
  'webhook',
  'telegram',
  'slack',
  'discord',
  'whatsapp',
  'teams',
  'web-chat',
] as const;
export type Platform = (typeof PLATFORMS)[number];

/** How a sender sees at once that his message was taken. */
const SIGNS = ['typing', 'reaction'] as const;
export type Sign = (typeof SIGNS)[number];

/** Longest name that a platform gives to a sender, a chat, a thread or an update, in characters. */
const MAX_PLATFORM_ID = 256;

const webUrl = z.url({ protocol: /^https?$/ }).max(2_048);

export const platformId = z.string().min(1).max(MAX_PLATFORM_ID);

/** There is no default: who may talk is always spelled out. */
const access = z.discriminatedUnion('mode', [
  /** Nobody; what comes is refused. */
  z.strictObject({ mode: z.literal('closed') }),
  z.strictObject({ mode: z.literal('allow-list'), senders: z.array(platformId).max(1_000) }),
  /** A stranger's first message puts him on a list, and somebody decides. */
  z.strictObject({ mode: z.literal('pair-on-request') }),
  /** A stranger is let in by a code that he was given another way. */
  z.strictObject({ mode: z.literal('pair-with-code') }),
  /** Everybody; what they write counts as untrusted. */
  z.strictObject({ mode: z.literal('open') }),
]);

export const dailyBudgetSchema = z.strictObject({
  tokens: z.int().min(0).max(1_000_000_000),
  costMicroUsd: z.int().min(0).max(1_000_000_000_000),
});

const rate = z.strictObject({
  calls: z.int().min(1).max(10_000),
  periodMs: z.int().min(1_000).max(86_400_000),
});

const attachmentLimits = z.strictObject({
  maxBytes: z.int().min(0).max(1_000_000_000),
  /** Media types that are told of to the model, as `image/png` or `image/*`. */
  mediaTypes: z.array(z.string().regex(/^[a-z]+\/([a-z0-9.+-]+|\*)$/)).max(32),
});

/** Of Microsoft Teams in another cloud than the public one. */
const connector = z.strictObject({
  /** OpenID metadata of who signs; its keys must be published by the same origin. */
  metadataUrl: webUrl,
  issuer: z.string().min(1).max(256),
  /** Where the tokens that prove us are issued. */
  tokenUrl: webUrl,
});

/** Messages of these chats belong to a channel of another workspace, which verifies them itself. */
const binding = z.strictObject({
  chats: z.array(platformId).min(1).max(1_000),
  workspace: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be the id of a workspace'),
  channel: z.string().regex(CHANNEL_NAME, 'must match [a-z][a-z0-9-]{0,31}'),
});

/** An origin as browsers write it. */
const origin = z
  .string()
  .max(256)
  .regex(/^https?:\/\/[a-z0-9.:[\]-]+$/, 'must be an origin');

export const channelSchema = z.strictObject({
  name: z.string().regex(CHANNEL_NAME, 'must match [a-z][a-z0-9-]{0,31}'),
  platform: z.enum(PLATFORMS),
  access,
  /** Whose messages share a session: a sender's here, a chat's, or an identity's on all channels. */
  session: z.enum(['sender', 'chat', 'identity']).default('sender'),
  model: z.string().max(200).exactOptional(),
  /** The system message of its sessions. */
  system: z.string().min(1).max(65_536).exactOptional(),
  /** What each sender may do, of what the channel's maker may do at the time. */
  capabilities: z.array(z.string().max(512)).max(256),
  /** Most that each sender may spend in a day (UTC). */
  senderBudget: dailyBudgetSchema.default({ tokens: 200_000, costMicroUsd: 1_000_000 }),
  /** How many messages of a sender are taken; beyond it they are refused, which also ends loops. */
  senderRate: rate.default({ calls: 20, periodMs: 60_000 }),
  attachments: attachmentLimits.default({ maxBytes: 20_000_000, mediaTypes: ['image/*'] }),
  /** Where replies go, if not to the platform's own address; of `webhook` the only one. */
  apiBase: webUrl.exactOptional(),
  /** As what the platform shows the model's words, where it leaves the choice. */
  format: z.enum(['plain', 'markdown']).default('plain'),
  /** What a sender sees when his turn begins, where the platform has it. */
  signs: z.array(z.enum(SIGNS)).max(SIGNS.length).default([]),
  /** Whether a sender may join his accounts by sending `/link` here, and the code elsewhere. */
  linking: z.boolean().default(false),
  connector: connector.exactOptional(),
  /** Of `web-chat`: the origins of the pages that may connect. */
  origins: z.array(origin).min(1).max(32).exactOptional(),
  /** Takes messages of these chats only; of all where it is absent. */
  chats: z.array(platformId).min(1).max(1_000).exactOptional(),
  bindings: z.array(binding).max(64).default([]),
});

export type ChannelSpec = z.infer<typeof channelSchema>;
export type ChannelAccess = ChannelSpec['access'];
