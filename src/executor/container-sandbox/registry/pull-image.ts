/**
 * Fetches an image that is pinned by its digest, into a folder in the OCI image layout. Each part is
 * kept only once its bytes are as many as were said and hash to its name; so the one digest in the
 * manifest of the plugin vouches for all of it, whoever answers for the registry.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../core/errors/fault.ts';
import type { PinnedImage } from '../../pinned-image.ts';
import {
  findManifest,
  MAX_DOCUMENT_BYTES,
  type PartDescriptor,
  partsOf,
} from '../image/oci-layout.ts';
import { findSource } from './image-source.ts';
import { RegistryClient } from './registry-client.ts';
import { readCredential } from './registry-credentials.ts';

/** All layers of an image as they come, in bytes. */
export const MAX_PULL_BYTES = 4 * 1024 * 1024 * 1024;

/** How long one image may take, in milliseconds. */
const PULL_MS = 900_000;

/** How long it may come to nothing more, in milliseconds. */
const IDLE_MS = 60_000;

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

export interface PullPolicy {
  /** Registries that images may be pulled from; no other is asked for anything. */
  readonly registries: readonly string[];
  /** File with names and passwords. */
  readonly credentials?: string;
}

/** Whether the machine's owner lets this image be pulled. */
export function mayPull({ repository }: PinnedImage, { registries }: PullPolicy): boolean {
  const source = findSource(repository);
  return source !== undefined && registries.includes(source.registry);
}

/** @throws Fault `tier_unavailable` unless `folder` holds the whole image afterwards. */
export async function pullImage(
  image: PinnedImage,
  policy: PullPolicy,
  folder: string,
): Promise<void> {
  const source = findSource(image.repository);
  if (source === undefined || !mayPull(image, policy)) {
    throw unusable('its registry must be among those of the policy');
  }
  const { credentials } = policy;
  const basic =
    credentials === undefined ? undefined : readCredential(credentials, source.registry);
  const blobs = join(folder, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true, mode: 0o700 });
  const signal = AbortSignal.timeout(PULL_MS);
  const puller = new Puller(new RegistryClient(source, basic), blobs, signal);
  await puller.document(image.digest);
  const manifest = findManifest(folder, image.digest);
  if (manifest !== image.digest) await puller.document(manifest);
  const parts = partsOf(folder, manifest);
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_PULL_BYTES) throw unusable('it is too large');
  for (const part of parts) await puller.blob(part);
}

class Puller {
  readonly #client: RegistryClient;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #done = new Set<string>();

  constructor(client: RegistryClient, folder: string, signal: AbortSignal) {
    this.#client = client;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** A manifest, or a list of them: how long it is, nobody has said. */
  async document(digest: string): Promise<void> {
    await this.#take('manifests', digest, { atMost: MAX_DOCUMENT_BYTES });
  }

  async blob({ digest, size }: PartDescriptor): Promise<void> {
    if (!this.#done.has(digest)) await this.#take('blobs', digest, { atMost: size, exactly: size });
  }

  async #take(
    kind: 'manifests' | 'blobs',
    digest: string,
    { atMost, exactly }: { readonly atMost: number; readonly exactly?: number },
  ): Promise<void> {
    const accept = kind === 'manifests' ? MANIFESTS : '*/*';
    const idle = new AbortController();
    const timer = setTimeout(() => idle.abort(), IDLE_MS);
    const signal = AbortSignal.any([this.#signal, idle.signal]);
    const hex = digest.slice('sha256:'.length);
    const path = join(this.#folder, hex);
    const hash = createHash('sha256');
    let length = 0;
    const file = await open(`${path}.part`, 'w', 0o600);
    try {
      for await (const chunk of await this.#client.open({ kind, digest, accept, signal })) {
        timer.refresh();
        length += chunk.length;
        if (length > atMost) throw unusable('a part of it is longer than it may be');
        hash.update(chunk);
        await file.write(chunk);
      }
    } catch (thrown) {
      throw thrown instanceof Fault ? thrown : unusable('a part of it broke off');
    } finally {
      clearTimeout(timer);
      await file.close();
    }
    if (exactly !== undefined && length !== exactly) throw unusable('a part of it is too short');
    if (hash.digest('hex') !== hex) throw unusable('a part of it is not what its name says');
    await rename(`${path}.part`, path);
    this.#done.add(digest);
  }
}

function unusable(reason: string): Fault {
  return new Fault('tier_unavailable', `Cannot pull an image: ${reason}`);
}
