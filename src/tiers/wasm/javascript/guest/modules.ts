/**
 * The modules that a plugin can import: `sallyport:http`, `sallyport:config`, `sallyport:storage`.
 *
 * @module
 */

import type { Host } from './host.ts';
import { createFetch } from './http.ts';
import { createStorage } from './storage.ts';

/** Exports by module. The names are those of `plugin-review/script-modules.ts`. */
export function createModules(host: Host): Record<string, Record<string, unknown>> {
  return {
    'sallyport:http': { fetch: createFetch(host) },
    'sallyport:config': { config: { get: (name: unknown) => host.config(String(name)) } },
    'sallyport:storage': { storage: createStorage(host) },
  };
}
