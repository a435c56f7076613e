/**
 * The seal of a workspace that seals nothing.
 *
 * @module
 */

import type { ContentSeal } from '../../../src/blocks/kit/content-seal.ts';

export const PLAIN_SEAL: ContentSeal = {
  isOn: false,
  seal: (_, text) => text,
  sealBytes: () => undefined,
  open: (_, stored) => stored,
  openText: (_, stored) => stored,
};
