/**
 * What a secret of a workspace is: a name, a value that nobody reads back, and the hosts that it may
 * be sent to.
 *
 * @module
 */

import * as z from 'zod';
import { isHostAndPort } from '../capabilities/host-and-port.ts';
import { utf8Length } from '../primitives/utf8-length.ts';
import { MIN_KNOWN_CHARS } from '../scan/known-values.ts';

/** Most secrets of a workspace. */
export const MAX_SECRETS = 256;

/** Longest value, in bytes of UTF-8: as long as a request header may be. */
export const MAX_SECRET_BYTES = 8_192;

export const MAX_SECRET_HOSTS = 16;

const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** A shorter value could not be looked for in what leaves, since it stands in any text. */
const value = z
  .string()
  .min(MIN_KNOWN_CHARS)
  .refine((text) => text.isWellFormed(), 'must hold no lone surrogate')
  .refine(
    (text) => utf8Length(text, MAX_SECRET_BYTES) <= MAX_SECRET_BYTES,
    `must have at most ${MAX_SECRET_BYTES} bytes`,
  );

/** Without hosts it goes nowhere: nothing that is absent means permission. */
export const secretSchema = z.strictObject({
  value,
  hosts: z
    .array(z.string().refine(isHostAndPort, 'must be host:port, with IPv6 in brackets'))
    .max(MAX_SECRET_HOSTS),
});

export interface Secret extends z.infer<typeof secretSchema> {}

/**
 * Whether a text can name a secret: a segment of a capability without any escape.
 *
 * @example
 * ```ts
 * isSecretName('weather-key'); // true
 * isSecretName('Weather_Key'); // false
 * ```
 */
export function isSecretName(text: string): boolean {
  return NAME.test(text);
}
