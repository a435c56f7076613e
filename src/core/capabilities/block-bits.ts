/**
 * The capability bits of blocks: short names for families of the same capabilities.
 *
 * A bit is never stored or checked. It is written out as patterns once, when a block is created,
 * and from then on there is one system of authority. There is no bit for everything: it would
 * take in bits that are yet to be invented.
 *
 * @module
 */

import { type Expansion, type ExpansionProblem, expandGrants } from './expand.ts';
import { findForbidden } from './holder.ts';
import { covers, patternsAmong } from './pattern.ts';

/** Each bit, its number and its family, as given by the block protocol. Numbers never change. */
export const BLOCK_BITS = {
  CAP_SPAWN: { bit: 0, family: 'block:spawn' },
  CAP_SEND: { bit: 1, family: 'block:send' },
  CAP_RECEIVE: { bit: 2, family: 'block:receive' },
  CAP_INFER: { bit: 3, family: 'provider:*' },
  CAP_HTTP: { bit: 4, family: 'tool:network:http:*' },
  CAP_FILE_READ: { bit: 5, family: 'tool:file:read:*' },
  CAP_FILE_WRITE: { bit: 6, family: 'tool:file:write:*' },
  CAP_DB: { bit: 7, family: 'storage:db:*' },
  CAP_MEMORY: { bit: 8, family: 'storage:memory:*' },
  CAP_LINK: { bit: 9, family: 'block:link' },
  CAP_SHELL: { bit: 10, family: 'tool:exec:shell' },
  CAP_EXEC: { bit: 11, family: 'tool:exec:*' },
  CAP_TRAP_EXIT: { bit: 12, family: 'block:trap_exit' },
  CAP_MONITOR: { bit: 13, family: 'block:monitor' },
  CAP_SUPERVISE: { bit: 14, family: 'block:supervise' },
  CAP_ENV: { bit: 15, family: 'system:env:read:*' },
  CAP_WEBSOCKET: { bit: 16, family: 'tool:network:websocket:*' },
} as const satisfies Record<`CAP_${string}`, { readonly bit: number; readonly family: string }>;

export type BlockBit = keyof typeof BLOCK_BITS;

/** What every block is born with: nothing. In a list it adds nothing. */
const CAP_NONE = 'CAP_NONE';

/**
 * Writes a block's capabilities out as patterns. The list holds names of bits and patterns; a bit
 * together with patterns of its family stands for these patterns only.
 *
 * @example
 * ```ts
 * expandBlockCapabilities(['CAP_SEND', 'CAP_HTTP', 'tool:network:http:*.example.com:443']).patterns;
 * // ['block:send', 'tool:network:http:*.example.com:443']
 * ```
 */
export function expandBlockCapabilities(entries: readonly string[]): Expansion {
  const listed = patternsAmong(entries);
  const problems: ExpansionProblem[] = [];
  const texts: { readonly index: number; readonly text: string }[] = [];

  for (const [index, entry] of entries.entries()) {
    if (isBlockBit(entry)) {
      const [family] = patternsAmong([BLOCK_BITS[entry].family]);
      const isNarrowed = family !== undefined && listed.some((pattern) => covers(family, pattern));
      if (!isNarrowed) texts.push({ index, text: BLOCK_BITS[entry].family });
    } else if (entry !== CAP_NONE) {
      texts.push({ index, text: entry });
      problems.push(...findForbiddenProblems(entry, index));
    }
  }

  const expansion = expandGrants(texts.map(({ text }) => text));
  const place = <T extends { readonly index: number }>(item: T): T => ({
    ...item,
    index: texts[item.index]?.index ?? item.index,
  });
  return {
    patterns: expansion.patterns,
    warnings: expansion.warnings.map(place),
    problems: [...expansion.problems.map(place), ...problems].sort((a, b) => a.index - b.index),
  };
}

function isBlockBit(entry: string): entry is BlockBit {
  return Object.hasOwn(BLOCK_BITS, entry);
}

function findForbiddenProblems(entry: string, index: number): readonly ExpansionProblem[] {
  return patternsAmong([entry])
    .flatMap((pattern) => findForbidden('block', pattern))
    .map((name) => ({
      code: 'forbidden_capability',
      index,
      message: `Cannot give "${entry}" to a block: it must not take in "${name}"`,
    }));
}
