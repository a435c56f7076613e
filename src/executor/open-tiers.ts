/**
 * The tiers that this machine can hold to, of those that its owner allows; and what is missing for
 * the others.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Result } from '../core/primitives/result.ts';
import { createBundleSandbox } from './container-sandbox/create-bundle-sandbox.ts';
import { createEngineSandbox } from './container-sandbox/create-engine-sandbox.ts';
import { ImageStore } from './container-sandbox/image/image-store.ts';
import type { ContainerPolicy } from './local-policy.ts';
import type { LocalPlugin } from './plugin-catalogue.ts';
import { createProcessSandbox } from './process-sandbox/create-process-sandbox.ts';
import type { Sandbox } from './sandbox.ts';
import type { SandboxUnavailable } from './sandbox-facts.ts';
import type { Tiers } from './start-program.ts';

export interface TierRequest {
  readonly tiers: readonly (keyof Tiers)[];
  readonly container: ContainerPolicy;
  /** Where containers are put together, for the executor alone. */
  readonly folder: string;
}

export interface OpenedTiers {
  readonly tiers: Tiers;
  /** Sentences for the operator. */
  readonly problems: readonly string[];
}

type Made = Result<Sandbox, SandboxUnavailable>;

export async function openTiers(request: TierRequest): Promise<OpenedTiers> {
  const tiers: { -readonly [Tier in keyof Tiers]: Tiers[Tier] } = {};
  const problems: string[] = [];
  for (const tier of request.tiers) {
    const made = await (tier === 'process' ? openProcessTier() : openContainerTier(request));
    if (made.ok) tiers[tier] = made.value;
    else problems.push(made.error.message);
  }
  return { tiers, problems };
}

export function openProcessTier(): Promise<Made> {
  const runtimes = [dirname(process.execPath)];
  return createProcessSandbox({ runtimes, groups: 'preferred' });
}

function openContainerTier({ container, folder }: TierRequest): Promise<Made> {
  const { driver, socket: socketPath, runtime } = container;
  const named = runtime === undefined ? {} : { runtime };
  if (driver === 'engine') return createEngineSandbox({ socketPath, folder, ...named });
  return createBundleSandbox({ folder, images: imagesIn(folder), ...named });
}

function imagesIn(folder: string): ImageStore {
  return new ImageStore(join(folder, 'images'));
}

/** Folder of a plugin with its image, in the OCI image layout. */
const IMAGE_FOLDER = 'image';

/** Unpacks the image that lies beside a plugin, for the driver that needs no engine. */
export async function loadImage(
  { container, folder }: Pick<TierRequest, 'container' | 'folder'>,
  plugin: Pick<LocalPlugin, 'folder' | 'image'>,
): Promise<void> {
  const layout = join(plugin.folder, IMAGE_FOLDER);
  if (container.driver !== 'bundle' || plugin.image === undefined || !existsSync(layout)) return;
  await imagesIn(folder).load(layout, plugin.image.digest);
}
