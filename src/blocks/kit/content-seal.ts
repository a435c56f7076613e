/**
 * How a store writes content: sealed where the policy of the workspace wants it, else as it is.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';

export interface ContentSeal {
  /** Whether what is written now is sealed. */
  readonly isOn: boolean;

  /** Part of a transaction. What to write instead of this text; `row` names its place. */
  seal(row: string, text: string): string;

  /** Part of a transaction. Bytes that are not sealed are written as they are. */
  sealBytes(row: string, bytes: Uint8Array): string | undefined;

  /**
   * The text or the bytes that were sealed, or the text as it was written.
   *
   * @throws Fault `content_unreadable` if it was not sealed in this place, was changed, or its key is
   *   not to be had.
   */
  open(row: string, stored: string): BlockBody;

  /** What {@link seal} has written. */
  openText(row: string, stored: string): string;
}
