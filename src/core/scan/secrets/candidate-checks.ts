/**
 * What tells a credential from something that only has its form: chance, checksums, structure, and
 * the stand-ins that documents are full of.
 *
 * @module
 */

import type { Confidence } from '../finding.ts';
import type { CandidateCheck, RuleDemands } from './secret-rule.ts';

/** Stands where a key would. */
const PLACEHOLDER = /^[xX*._0-]+$/;

/** Code units that are looked at. What is random is random at once. */
const MAX_LOOKED_AT = 256;

/** The confidence in a candidate by what follows its literal; nothing if it is none. */
export function judgeCandidate(body: string, demands: RuleDemands = {}): Confidence | undefined {
  const looked = body.slice(0, MAX_LOOKED_AT);
  if (PLACEHOLDER.test(looked)) return undefined;
  if (demands.entropy !== undefined && entropyOf(looked) < demands.entropy) return undefined;
  return demands.check === undefined ? 'high' : CHECKS[demands.check](body);
}

/** Shannon entropy in bits a character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const CHECKS: Readonly<Record<CandidateCheck, (body: string) => Confidence | undefined>> = {
  // Tokens of GitHub end with a checksum of the rest (2021). A wrong one is no proof: keys that were
  // mistyped or are from before still tell what they are.
  github: (body) => (body.length === 36 && hasGithubChecksum(body) ? 'high' : 'medium'),
  openai: (body) => (body.includes('T3BlbkFJ') ? 'high' : undefined),
  anthropic: (body) => (body.endsWith('AA') ? 'high' : undefined),
  // Both are full of keys that stand in documentation on purpose.
  google: (body) => (SAMPLES.has(crc32(body)) || ALPHABET.test(body) ? undefined : 'high'),
  aws: (body) => (/EXAMPLE(?:KEY)?$/.test(body) ? undefined : 'high'),
};

export function hasLetterAndDigit(text: string): boolean {
  return /[0-9]/.test(text) && /[A-Za-z]/.test(text);
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The last six characters are the CRC-32 of the thirty before, in base 62. */
function hasGithubChecksum(body: string): boolean {
  let rest = crc32(body.slice(0, 30));
  let written = '';
  while (written.length < 6) {
    written = (BASE62[rest % 62] ?? '') + written;
    rest = Math.floor(rest / 62);
  }
  return body.slice(30) === written;
}

/** CRC-32 of IEEE 802.3 over the code units of ASCII text. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** CRC-32 of keys that vendors and well-known projects publish in samples, without the prefix. */
const SAMPLES: ReadonlySet<number> = new Set([
  ...[0xf258f98c, 0x50c4c7f1, 0x3ba28281],
  ...[0xa526ff98, 0xbede73dd],
]);

/** Letters or digits in order: nobody's key. */
const ALPHABET = /abcdefgh|12345678/i;
