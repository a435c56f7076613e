/**
 * A message to a chat that answers nobody's.
 *
 * @module
 */

import * as z from 'zod';
import { platformId } from './channel-spec.ts';

export const channelMessageSchema = z.strictObject({
  /** As the platform names it; of a web chat its visitor. */
  chat: platformId,
  thread: platformId.exactOptional(),
  /** In as many messages as the platform wants; none takes one without anything to see. */
  text: z
    .string()
    .max(65_536)
    .refine((text) => text.trim() !== '', 'must not be blank'),
});

export type ChannelMessage = z.infer<typeof channelMessageSchema>;
