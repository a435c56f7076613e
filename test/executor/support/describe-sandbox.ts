import { describe } from 'vitest';

/**
 * `describe` for tests that start real sandboxes. A machine without bubblewrap fails them, unless
 * `SALLYPORT_SKIP_SANDBOX=1` says that it is meant to have none.
 */
export const describeSandbox = describe.skipIf(process.env.SALLYPORT_SKIP_SANDBOX === '1');
