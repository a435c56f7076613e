/**
 * How a call ends whose session denies it something of the world.
 *
 * @module
 */

import type { Denial } from '../core/errors/denial.ts';
import { CHECK_REASONS, type CheckReason } from '../core/errors/reasons.ts';

/** A run that was fenced off or cancelled ends as that; any other denial is the host's. */
export function endOfDenied({ check, reason }: Denial): CheckReason<'dispatch'> {
  const known = CHECK_REASONS.dispatch.find((candidate) => candidate === reason);
  return check === 'dispatch' && known !== undefined ? known : 'host_denied';
}
