/**
 * From manifest to registry: what a workspace keeps of a plugin that it runs.
 *
 * @module
 */

import { parsePattern } from '../capabilities/pattern.ts';
import { toResource } from '../capabilities/resource.ts';
import type { Manifest } from './manifest.ts';
import type { RegisteredPlugin } from './registered-plugin.ts';
import { raiseTier, type Tier } from './tier.ts';
import { DEFAULT_WASM_LIMITS } from './wasm-limits.ts';

export interface Registration {
  readonly manifest: Manifest;
  /** SHA-256 of the code as uploaded, lower-case hex. */
  readonly codeHash: string;
  /** The weakest confinement that the workspace accepts. */
  readonly tierFloor: Tier;
}

/**
 * The plugin as it runs. It may call its own tools without saying so, unless it denies them: its
 * manifest's list is about what they reach.
 */
export function toRegisteredPlugin(registration: Registration): RegisteredPlugin {
  const { manifest, codeHash, tierFloor } = registration;
  const ownTools = manifest.tools.flatMap(({ name }) => {
    const resource = toResource('name', name);
    const pattern = resource.ok ? parsePattern(`tool:call:${resource.value}`) : resource;
    return pattern.ok ? [pattern.value] : [];
  });
  return {
    name: manifest.name,
    version: manifest.version,
    codeHash,
    tier: raiseTier(manifest.tier, tierFloor),
    state: 'running',
    allow: [...new Set([...manifest.capabilities, ...ownTools])],
    deny: manifest.deny,
    tools: manifest.tools,
    ...(manifest.tier === 'wasm' && {
      wasm: { ...DEFAULT_WASM_LIMITS, ...manifest.limits, ...manifest.wasm },
    }),
  };
}
