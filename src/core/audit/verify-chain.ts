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
  let { count, head } = progress;
  const { sources } = progress;
  for (const record of records) {
    const problem = findProblem(record, { count, head, sources }, sha256);
    if (problem !== undefined) {
      const firstBad = { seq: problem === 'missing' ? count + 1 : record.seq, problem };
      return { progress: { count, head, sources }, firstBad };
    }
    count = record.seq;
    head = record.hash;
    sources.set(record.source, record.sourceSeq);
  }
  return { progress: { count, head, sources } };
}

function findProblem(
  record: AuditRecord,
  { count, head, sources }: ChainProgress,
  sha256: Sha256,
): ChainProblem | undefined {
  if (record.seq !== count + 1) return 'missing';
  if (record.previousHash !== head) return 'link';
  const isWhole = record.expired !== true;
  if (isWhole && chainRecord(record, sha256).hash !== record.hash) return 'hash';
  if (record.sourceSeq !== (sources.get(record.source) ?? 0) + 1) return 'gap';
  return undefined;
}
