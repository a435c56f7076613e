/**
 * From manifest to registry: what a workspace keeps of a plugin that it runs.
 *
 * @module
 */

import { type CapabilityPattern, parsePattern } from '../capabilities/pattern.ts';
import { DEFAULT_EXECUTOR_LIMITS } from './executor-limits.ts';
import type { Manifest } from './manifest.ts';
import { ownToolPattern } from './own-tool.ts';
import type { RegisteredPlugin } from './registered-plugin.ts';
import { raiseTier, type Tier } from './tier.ts';
import { AMBIENT_CAPABILITIES, DEFAULT_WASM_LIMITS, type WasmLimits } from './wasm-limits.ts';

interface Registration {
  readonly manifest: Manifest;
  /** As in {@link RegisteredPlugin.codeHash}. */
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
  const hosted = manifest.process ?? manifest.container;
  const ownTools = manifest.tools.flatMap(({ name }) => ownToolPattern(name) ?? []);
  return {
    name: manifest.name,
    version: manifest.version,
    codeHash,
    tier: raiseTier(manifest.tier, tierFloor),
    state: 'running',
    allow: [...new Set([...manifest.capabilities, ...ownTools, ...ambientPatterns(manifest)])],
    deny: manifest.deny,
    tools: manifest.tools,
    ...(manifest.mcp && { mcp: manifest.mcp }),
    ...(manifest.tier === 'wasm' && {
      wasm: { ...DEFAULT_WASM_LIMITS, ...manifest.limits, ...ambientOf(manifest) },
    }),
    ...(hosted && { executor: { ...DEFAULT_EXECUTOR_LIMITS, ...hosted.limits } }),
  };
}

/** `wasm.clock` and `wasm.randomness` are how a manifest asks for these. */
function ambientPatterns(manifest: Manifest): readonly CapabilityPattern[] {
  const asked = ambientOf(manifest);
  return (['clock', 'randomness'] as const).flatMap((kind) => {
    const pattern = parsePattern(AMBIENT_CAPABILITIES[kind]);
    return asked[kind] && pattern.ok ? [pattern.value] : [];
  });
}

function ambientOf({ wasm }: Manifest): Pick<WasmLimits, 'clock' | 'randomness'> {
  return { clock: wasm?.clock === true, randomness: wasm?.randomness === true };
}
