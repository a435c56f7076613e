/**
 * How long a lease lasts in the tests of the session block, in milliseconds: short enough to wait for
 * its end, and long enough for a run to be heard on a busy machine.
 */
export const LEASE_MS = 2_000;
