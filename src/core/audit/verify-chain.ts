/**
 * Recomputes a chain page by page, in memory that does not grow with it.
 *
 * @module
 */

import { type AuditRecord, chainRecord, GENESIS, type Sha256 } from './chain.ts';

/**
 * `missing`: the number is not the next one. `link`: it names another predecessor. `hash`: it is
 * not what its hash says. `gap`: an event of its source is left out. `checkpoint`: the chain does
 * not end where its last signed checkpoint says.
 */
export type ChainProblem = 'missing' | 'link' | 'hash' | 'gap' | 'checkpoint';

export interface BadRecord {
  /** Number of the record, or the one that should be there. */
  readonly seq: number;
  readonly problem: ChainProblem;
}

/** How far a verification has got. One number is kept for each source. */
export interface ChainProgress {
  readonly count: number;
  readonly head: string;
  readonly sources: Map<string, number>;
}

export function startVerification(): ChainProgress {
  return { count: 0, head: GENESIS, sources: new Map() };
}

/**
 * Goes on with the records that follow: all of them hold, or the first that does not. The progress
 * that was given must not be used again.
 */
export function verifyPage(
  progress: ChainProgress,
  records: readonly AuditRecord[],
  sha256: Sha256,
): { readonly progress: ChainProgress; readonly firstBad?: BadRecord } {
  let reached = progress;
  for (const record of records) {
    const isUntouched = () =>
      record.expired === true || chainRecord(record, sha256).hash === record.hash;
    const problem = findProblem(record, reached, isUntouched);
    if (problem !== undefined) {
      return { progress: reached, firstBad: { seq: reached.count + 1, problem } };
    }
    reached = goOn(reached, record);
  }
  return { progress: reached };
}

/** A record's place in the chain, without its event. */
export type ChainPlace = Omit<AuditRecord, 'event' | 'expired'>;

/**
 * Why a record cannot be the next one. `isUntouched`: whether it is still what its hash is of, as far as
 * that can be told.
 */
export function findProblem(
  place: ChainPlace,
  { count, head, sources }: ChainProgress,
  isUntouched: () => boolean,
): Exclude<ChainProblem, 'checkpoint'> | undefined {
  if (place.seq !== count + 1) return 'missing';
  if (place.previousHash !== head) return 'link';
  if (!isUntouched()) return 'hash';
  return place.sourceSeq === (sources.get(place.source) ?? 0) + 1 ? undefined : 'gap';
}

/** Takes the record that holds. The progress that was given must not be used again. */
export function goOn({ sources }: ChainProgress, place: ChainPlace): ChainProgress {
  sources.set(place.source, place.sourceSeq);
  return { count: place.seq, head: place.hash, sources };
}
