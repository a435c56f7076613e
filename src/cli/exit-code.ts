/**
 * What a command says to the shell that ran it.
 *
 * @module
 */

export const EXIT = {
  /** It was done, or what was claimed holds. */
  ok: 0,
  /** It was looked at, and the answer is no: a review, a test or a verification that failed. */
  finding: 1,
  /** The command line is wrong, or names a file that cannot be read. */
  usage: 2,
  /** It could not be carried out: no gateway, no room on disk, a mistake of ours. */
  broken: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
