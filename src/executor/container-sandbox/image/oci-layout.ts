/**
 * Reads an image from a folder in the OCI image layout (image-spec 1.1), where each part lies
 * under its own hash. What does not hash to its name is refused, so the one digest that was pinned
 * vouches for all of it.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { Fault } from '../../../core/errors/fault.ts';

/** Longest manifest, list of them, and configuration, in bytes. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

const DIGEST = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const DESCRIPTOR = z.object({
  mediaType: z.string(),
  digest: DIGEST,
  size: z.number().int().min(0),
});
const MANIFEST = z.object({ config: DESCRIPTOR, layers: z.array(DESCRIPTOR).max(128) });
/** One image for each platform. */
const INDEX = z.object({
  manifests: z
    .array(
      z.object({
        digest: DIGEST,
        platform: z.object({ architecture: z.string(), os: z.string() }).optional(),
      }),
    )
    .max(256),
});
const CONFIG = z.object({
  architecture: z.string(),
  os: z.literal('linux'),
  config: z.object({ Env: z.array(z.string()).max(256).optional() }).optional(),
});

export interface ImageParts {
  /** `NAME=value`, as the image asks for it. */
  readonly environment: readonly string[];
  /** Opens each layer, lowest first, as an uncompressed tar archive. */
  readonly layers: readonly (() => Promise<Readable>)[];
}

export type PartDescriptor = Pick<z.infer<typeof DESCRIPTOR>, 'digest' | 'size'>;

/** As images call it. */
const OWN_ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

/**
 * The digest of the manifest for this machine, which may be the one that was pinned.
 *
 * @throws Fault `tier_unavailable` when there is none.
 */
export function findManifest(folder: string, digest: string): string {
  const document = readDocument(folder, digest, z.union([INDEX, MANIFEST]));
  if (!('manifests' in document)) return digest;
  const found = document.manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === OWN_ARCHITECTURE,
  );
  if (found === undefined) throw unusable(`it must be for ${OWN_ARCHITECTURE}`);
  return found.digest;
}

/**
 * What else an image consists of, by its manifest.
 *
 * @throws Fault `tier_unavailable` when the manifest is not there, or is not what was pinned.
 */
export function partsOf(folder: string, manifest: string): readonly PartDescriptor[] {
  const { config, layers } = readDocument(folder, manifest, MANIFEST);
  return [config, ...layers];
}

/** @throws Fault `tier_unavailable` when the image is not there, or is not what was pinned. */
export function readOciLayout(folder: string, digest: string): ImageParts {
  const manifest = readDocument(folder, findManifest(folder, digest), MANIFEST);
  const { architecture, config } = readDocument(folder, manifest.config.digest, CONFIG);
  if (architecture !== OWN_ARCHITECTURE) throw unusable(`it must be for ${OWN_ARCHITECTURE}`);
  return {
    environment: config?.Env ?? [],
    layers: manifest.layers.map((layer) => () => openLayer(folder, layer)),
  };
}

function readDocument<T>(folder: string, digest: string, shape: z.ZodType<T>): T {
  const path = blobPath(folder, digest);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw unusable('a part of it is missing');
  if (size > MAX_DOCUMENT_BYTES) throw unusable('its description is too long');
  const bytes = readFileSync(path);
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest) {
    throw unusable('a part of it is not what its name says');
  }
  const parsed = shape.safeParse(parseJson(bytes));
  if (!parsed.success) throw unusable('its description must follow the OCI image specification');
  return parsed.data;
}

/** Reads the layer twice: nothing of it is unpacked before all of it was hashed. */
async function openLayer(
  folder: string,
  { mediaType, digest }: z.infer<typeof DESCRIPTOR>,
): Promise<Readable> {
  const path = blobPath(folder, digest);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  if (`sha256:${hash.digest('hex')}` !== digest) {
    throw unusable('a part of it is not what its name says');
  }
  const blob = createReadStream(path);
  if (mediaType.endsWith('gzip')) return blob.pipe(createGunzip());
  return mediaType.endsWith('zstd') ? blob.pipe(createZstdDecompress()) : blob;
}

function blobPath(folder: string, digest: string): string {
  return join(folder, 'blobs', 'sha256', DIGEST.parse(digest).slice('sha256:'.length));
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function unusable(reason: string): Fault {
  return new Fault('tier_unavailable', `Cannot use an image: ${reason}`);
}
