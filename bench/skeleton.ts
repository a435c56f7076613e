/**
 * What `turn-floor.ts` asks of `floor/turn.ts`.
 *
 * @module
 */

/** Which parts of a turn a request goes through. */
export interface Skeleton {
  /** Writes to disk, one before the call and the rest after it. */
  readonly commits: 0 | 1 | 2;
  /** `lane`: the workspace's object is asked; `isolate`: and it asks an isolate of its own. */
  readonly call: 'none' | 'lane' | 'isolate';
  /** Whether events go to the object that keeps the record. */
  readonly record: boolean;
}

export interface SkeletonTurn extends Skeleton {
  readonly session: string;
}
