/**
 * Random programs that share a gateway, so that it need not be started for each.
 *
 * @module
 */

export interface Named {
  readonly name: string;
}

/** In order, so many at a time; `first` is the number of a group's first member. */
export function inGroups<Member>(
  all: readonly Member[],
  size: number,
): { readonly first: number; readonly members: readonly Member[] }[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, group) => {
    const first = group * size;
    return { first, members: all.slice(first, first + size) };
  });
}

/** Lets all come to an end before it says of which one it was that something is not so. */
export async function allAtOnce<Run extends Named>(
  runs: readonly Run[],
  play: (run: Run) => Promise<void>,
): Promise<void> {
  const played = await Promise.allSettled(runs.map(play));
  for (const [index, result] of played.entries()) {
    if (result.status === 'fulfilled') continue;
    const { reason } = result;
    throw new Error(`${runs[index]?.name}: ${reason}`, { cause: reason });
  }
}
