/**
 * Breaks a module in one to three places, near to where it hurts.
 */

import type { Random } from './random.ts';

type Mutation = (bytes: number[], random: Random) => void;

/** Indices near the ends of their spaces, opcodes that refer to something, edges of LEB128. */
const TELLING_BYTES = [
  0, 1, 2, 3, 4, 5, 0x0b, 0x10, 0x23, 0x24, 0x3f, 0x40, 0x7f, 0x80, 0xfc, 0xff,
];

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  },
  (bytes, random) => {
    bytes[random.below(bytes.length)] = random.pick(TELLING_BYTES);
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = ((bytes[at] ?? 0) + (random.below(2) === 0 ? 1 : 0xff)) & 0xff;
  },
  (bytes, random) => void bytes.splice(random.below(bytes.length), 0, random.below(256)),
  (bytes, random) => void bytes.splice(random.below(bytes.length), 1 + random.below(3)),
  (bytes, random) => {
    const from = random.below(bytes.length);
    const piece = bytes.slice(from, from + 1 + random.below(8));
    bytes.splice(random.below(bytes.length), piece.length, ...piece);
  },
];

export function mutate(original: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = [...original];
  const times = 1 + random.below(3);
  for (let time = 0; time < times; time++) {
    random.pick(MUTATIONS)(bytes, random);
    if (bytes.length < 9) break;
  }
  return Uint8Array.from(bytes);
}
