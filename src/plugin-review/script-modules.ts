/**
 * The modules that plugins in JavaScript can import, by name. Nothing else can be imported.
 *
 * An import says what a plugin reaches for before it runs, as it does for modules of Wasm. What it
 * gets is decided call by call.
 *
 * @module
 */

import type { FamilyName } from '../core/capabilities/catalogue.ts';

export interface ScriptModule {
  /** What it exports. */
  readonly exports: readonly string[];
  /** Whether its functions wait for the lane. */
  readonly waits: boolean;
  /** It does nothing without a capability of one of these families; empty where it needs none. */
  readonly families: readonly FamilyName[];
}

export const SCRIPT_MODULES: Readonly<Record<string, ScriptModule>> = {
  'sallyport:config': { exports: ['config'], waits: false, families: [] },
  'sallyport:http': { exports: ['fetch'], waits: true, families: ['tool:network:http'] },
  'sallyport:storage': {
    exports: ['storage'],
    waits: true,
    families: ['storage:workspace:read', 'storage:workspace:write'],
  },
};

/** Any text may be asked for, names of `Object.prototype` included. */
export function scriptModule(name: string): ScriptModule | undefined {
  return Object.hasOwn(SCRIPT_MODULES, name) ? SCRIPT_MODULES[name] : undefined;
}
