/**
 * One order out of several: what stands high in any list stands high, and higher if it is in more of them
 * (reciprocal rank fusion, Cormack, Clarke and Büttcher 2009).
 *
 * Only places count. Scores of a search by words and of one by vectors cannot be compared.
 *
 * @module
 */

/** How little the very first places count above the next ones; as in the paper. */
const DAMPING = 60;

/** The best first, each once; of those as good, the one that an earlier list has. */
export function fuseRanks(lists: readonly (readonly string[])[], limit: number): readonly string[] {
  const scores = new Map<string, number>();
  for (const list of lists) {
    for (const [place, id] of [...new Set(list)].entries()) {
      scores.set(id, (scores.get(id) ?? 0) + 1 / (DAMPING + place + 1));
    }
  }
  return [...scores]
    .sort(([, a], [, b]) => b - a)
    .slice(0, limit)
    .map(([id]) => id);
}
