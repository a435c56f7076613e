/**
 * Who can hold a capability. The decision knows the holder; the pattern does not.
 *
 * @module
 */

/** A principal's kind, or a plugin, which acts for a principal within its own manifest. */
export type HolderKind = 'user' | 'service' | 'plugin' | 'block' | 'node' | 'channel';

/** Everyone that acts on the word of a model, of an outsider or of a stranger's code. */
export const DELEGATES = ['plugin', 'block', 'node', 'channel'] as const satisfies HolderKind[];
