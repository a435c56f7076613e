/**
 * Whom plugins run as inside a container, and where they find what is theirs.
 *
 * @module
 */

export const PLUGIN_USER = 10_001;

export const SECRETS_FOLDER = '/run/secrets';
