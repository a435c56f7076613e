/**
 * Whom plugins run as inside a container.
 *
 * @module
 */

export const PLUGIN_USER = 10_001;
