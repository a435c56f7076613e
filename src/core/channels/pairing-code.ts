/**
 * One-time codes by which a sender proves who he is: eight characters that cannot be misread.
 *
 * @module
 */

export const PAIRING_CODE_LENGTH = 8;

/** How long a code can be redeemed, in milliseconds. */
export const PAIRING_CODE_MS = 600_000;

/** Crockford's base 32: without I, L, O and U. 32 letters, so that a byte has no favourites. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const CODE = new RegExp(`^[${ALPHABET}]{${PAIRING_CODE_LENGTH}}$`);

/** `chance` holds at least as many random bytes as a code has characters. */
export function toPairingCode(chance: Uint8Array): string {
  return Array.from(
    { length: PAIRING_CODE_LENGTH },
    (_, at) => ALPHABET[(chance[at] ?? 0) % ALPHABET.length],
  ).join('');
}

/**
 * The code that a message consists of, as it was issued; `undefined` if it is anything else.
 *
 * @example
 * ```ts
 * readPairingCode(' 7k2m-q9xd '); // '7K2MQ9XD'
 * readPairingCode('Hello there'); // undefined
 * ```
 */
export function readPairingCode(text: string): string | undefined {
  if (text.length > 64) return undefined;
  const code = text.trim().replace('-', '').toUpperCase();
  return CODE.test(code) ? code : undefined;
}
