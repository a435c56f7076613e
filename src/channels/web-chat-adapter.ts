/**
 * A web chat has no platform but the gateway itself: nothing comes by webhook, and a reply waits in the
 * outbox until its reader's WebSocket takes it (`blocks/channel/web-chat.ts`).
 *
 * @module
 */

import * as z from 'zod';
import { Fault } from '../core/errors/fault.ts';
import type { ChannelAdapter } from './adapter.ts';

const MAX_CHARS = 16_384;

export const webChatAdapter: ChannelAdapter = {
  credentials: z.strictObject({}),
  apiBase: '',
  maxChars: MAX_CHARS,
  markdown: 'chosen',
  canBegin: true,
  hearsRefusals: true,
  verify: () => false,
  read: () => ({ kind: 'malformed' }),
  render: () => {
    throw new Fault('internal', 'Cannot send a request: a web chat must be written to its sockets');
  },
  signs: {},
  isRepeatable: () => true,
  readAnswer: () => ({ kind: 'unsure' }),
};
