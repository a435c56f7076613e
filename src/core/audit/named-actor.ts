/**
 * Who asks, for blocks that only write it down: whether he may was decided before.
 *
 * @module
 */

export interface NamedActor {
  /** `kind:id` */
  readonly name: string;
  readonly requestId: string;
}
