/**
 * Thrown by a host function to end a plugin's run.
 *
 * Hardened modules have no exception handling, so it passes through all of the plugin's frames
 * and none of its code runs again.
 *
 * @module
 */

import type { PluginFailure } from './plugin-protocol.ts';

export class GuestStop extends Error {
  readonly end: 'ok' | PluginFailure;

  constructor(end: 'ok' | PluginFailure) {
    super(`The run ends: ${end}`);
    this.name = 'GuestStop';
    this.end = end;
  }
}
