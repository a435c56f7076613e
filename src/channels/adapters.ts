/**
 * The adapter of each platform.
 *
 * @module
 */

import type { Platform } from '../core/channels/channel-spec.ts';
import type { ChannelAdapter } from './adapter.ts';
import { discordAdapter } from './discord-adapter.ts';
import { slackAdapter } from './slack-adapter.ts';
import { teamsAdapter } from './teams-adapter.ts';
import { telegramAdapter } from './telegram-adapter.ts';
import { webChatAdapter } from './web-chat-adapter.ts';
import { webhookAdapter } from './webhook-adapter.ts';
import { whatsappAdapter } from './whatsapp-adapter.ts';

export const ADAPTERS: Readonly<Record<Platform, ChannelAdapter>> = {
  webhook: webhookAdapter,
  telegram: telegramAdapter,
  slack: slackAdapter,
  discord: discordAdapter,
  whatsapp: whatsappAdapter,
  teams: teamsAdapter,
  'web-chat': webChatAdapter,
};
