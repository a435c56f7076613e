/**
 * The tiers that this machine can hold to, of those that its owner allows; and what is missing for
 * the others.
 *
 * @module
 */

import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '../core/errors/fault.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { toPlainText } from './bounded-output.ts';
import { createBundleSandbox } from './container-sandbox/create-bundle-sandbox.ts';
import { createEngineSandbox } from './container-sandbox/create-engine-sandbox.ts';
import { loadEngineImage } from './container-sandbox/engine/load-image.ts';
import { ImageStore } from './container-sandbox/image/image-store.ts';
import { unpackArchive } from './container-sandbox/image/unpack-archive.ts';
import { mayPull, pullImage } from './container-sandbox/registry/pull-image.ts';
import type { ContainerPolicy } from './local-policy.ts';
import type { PinnedImage } from './pinned-image.ts';
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

/**
 * Ends what an earlier run of this executor has left in each of them. One where that fails, since its engine
 * does not answer for instance, is not served until the next start; the others are.
 */
export async function sweepTiers(tiers: Tiers): Promise<OpenedTiers> {
  const problems: string[] = [];
  const swept: [string, Sandbox][] = [];
  for (const [tier, sandbox] of Object.entries(tiers)) {
    try {
      await sandbox.sweep();
      swept.push([tier, sandbox]);
    } catch (thrown) {
      const must = 'what an earlier run left in it must be found and ended';
      problems.push(
        `Cannot serve the tier "${tier}" until the next start: ${must} (${why(thrown)})`,
      );
    }
  }
  return { tiers: Object.fromEntries(swept), problems };
}

/** As a line for the operator, with what was beneath it. */
function why(thrown: unknown): string {
  const said: string[] = [];
  for (let at = thrown; at instanceof Error && said.length < 3; at = at.cause)
    said.push(at.message);
  const text = said.length === 0 ? String(thrown) : said.join(': ');
  return toPlainText(text).replaceAll(/\s+/g, ' ').slice(0, 500);
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

/** Where an image lies beside its plugin: a folder in the OCI image layout, or an archive of one. */
const IMAGE = { folder: 'image', archive: 'image.tar' } as const;

function isBeside(folder: string): boolean {
  return Object.values(IMAGE).some((name) => existsSync(join(folder, name)));
}

/** Where the image of a plugin, if it has one, is to come from. The error is a sentence for the owner. */
export function locateImage(
  { container, folder }: Pick<TierRequest, 'container' | 'folder'>,
  { image, folder: own }: Pick<LocalPlugin, 'folder' | 'image'>,
): Result<string | undefined, string> {
  if (image === undefined) return ok(undefined);
  if (container.driver === 'engine') {
    return ok(isBeside(own) ? 'beside it' : 'the engine has it, or pulls it');
  }
  if (imagesIn(folder).find(image.digest) !== undefined) return ok('unpacked');
  if (isBeside(own)) return ok('beside it');
  return mayPull(image, container)
    ? ok('pulled at the next start')
    : err('its image must lie beside it, or its registry be named');
}

/**
 * Puts the image of a plugin where its driver finds it: from beside the plugin, or, where there is no
 * engine that would pull it, from a registry that the owner names. The error is a sentence for him.
 */
export async function loadImage(
  { container, folder }: Pick<TierRequest, 'container' | 'folder'>,
  { image, folder: own }: Pick<LocalPlugin, 'folder' | 'image'>,
): Promise<Result<void, string>> {
  if (image === undefined) return ok(undefined);
  const images = imagesIn(folder);
  const layout = join(own, IMAGE.folder);
  const archive = join(own, IMAGE.archive);
  try {
    if (container.driver === 'engine') {
      await loadEngineImage(container.socket, image, { layout, archive });
      return ok(undefined);
    }
    if (images.find(image.digest) !== undefined) return ok(undefined);
    if (existsSync(layout)) await images.load(layout, image.digest);
    else {
      const fill = (place: string) =>
        existsSync(archive) ? unpackArchive(archive, place) : pullImage(image, container, place);
      await loadThrough(images, image, { place: join(folder, 'unfinished'), fill });
    }
    return ok(undefined);
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return err(thrown.message);
  }
}

/**
 * All of them, in their order. An engine is asked for all images at once: one that hangs is waited for once,
 * twice where several plugins have one image, but not again for each. Registries are read one after the other, through one folder.
 */
export async function loadImages(
  place: Pick<TierRequest, 'container' | 'folder'>,
  plugins: readonly Pick<LocalPlugin, 'folder' | 'image'>[],
): Promise<readonly Result<void, string>[]> {
  if (place.container.driver === 'engine') {
    return await loadTogether(place, plugins);
  }
  const loaded: Result<void, string>[] = [];
  for (const plugin of plugins) loaded.push(await loadImage(place, plugin));
  return loaded;
}

/** Where several have one image, the others wait for the first that brings it, and try only if it could not. */
async function loadTogether(
  place: Pick<TierRequest, 'container' | 'folder'>,
  plugins: readonly Pick<LocalPlugin, 'folder' | 'image'>[],
): Promise<readonly Result<void, string>[]> {
  const firsts = new Map<string, Promise<Result<void, string>>>();
  const load = async (plugin: Pick<LocalPlugin, 'folder' | 'image'>) => {
    const { image, folder } = plugin;
    if (image === undefined || !isBeside(folder)) return await loadImage(place, plugin);
    const name = `${image.repository}@${image.digest}`;
    const first = firsts.get(name);
    const loading = first ?? loadImage(place, plugin);
    firsts.set(name, loading);
    const loaded = await loading;
    return loaded.ok || first === undefined ? loaded : await loadImage(place, plugin);
  };
  return await Promise.all(plugins.map(load));
}

interface Filling {
  readonly place: string;
  readonly fill: (place: string) => Promise<void>;
}

/** By a folder that is there for as long as that takes. */
async function loadThrough(
  images: ImageStore,
  { digest }: PinnedImage,
  { place, fill }: Filling,
): Promise<void> {
  rmSync(place, { recursive: true, force: true });
  try {
    await fill(place);
    await images.load(place, digest);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
