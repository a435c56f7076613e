/**
 * Waits for what must come to hold a moment later.
 *
 * @module
 */

import { vi } from 'vitest';

/** For a slow machine: where all is well it is a fraction of a second. */
const SOON = { timeout: 20_000 };

/** What `check` answers, as soon as it does not throw; throws what it threw last if it takes too long. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, SOON);
}
