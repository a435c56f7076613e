/**
 * Thrown by the host to throw an error inside the plugin, which may catch it and go on.
 *
 * @module
 */

export class GuestMistake extends Error {}
