/**
 * Which call of a turn is meant, and of which tool.
 *
 * @module
 */

export interface CallRef {
  readonly round: number;
  /** Place among the calls of its round, from zero. */
  readonly index: number;
  readonly tool: string;
}
