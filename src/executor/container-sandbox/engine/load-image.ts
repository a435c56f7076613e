/**
 * Gives an engine an image that lies beside its plugin. The engine hashes what it is given itself:
 * an order takes the image by its pinned digest or not at all, so nothing of the archive has to be
 * believed.
 *
 * @module
 */

import { createReadStream, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { Fault } from '../../../core/errors/fault.ts';
import type { PinnedImage } from '../../pinned-image.ts';
import { paddingAfter, TAR_BLOCK_BYTES, writeTarHeader } from '../files/tar-header.ts';
import { EngineClient } from './engine-client.ts';

/** Where an image may lie; either may be missing. */
export interface ImageFiles {
  /** Folder in the OCI image layout. */
  readonly layout: string;
  /** Archive of one. */
  readonly archive: string;
}

const LOADED = z.object({ stream: z.string() });

/** The engine's word for what it has just loaded: an id, or a name with a tag. */
const NAME = /^Loaded image(?: ID)?: (\S+)\s*$/;

const FILE_MODE = 0o644;

/**
 * Does nothing if the engine has it, or if neither file is there: then it is the engine that pulls.
 *
 * @throws Fault `tier_unavailable` when the engine cannot take it, or makes another image of it.
 */
export async function loadEngineImage(
  socketPath: string,
  { repository, digest }: PinnedImage,
  { layout, archive }: ImageFiles,
): Promise<void> {
  const client = new EngineClient(socketPath);
  const path = `/images/${encodeURIComponent(`${repository}@${digest}`)}/json`;
  const isThere = async () => (await client.ask({ method: 'GET', path })) !== undefined;
  const isFolder = existsSync(layout);
  if ((!isFolder && !existsSync(archive)) || (await isThere())) return;
  const bytes = isFolder ? Readable.from(archiveOf(layout)) : createReadStream(archive);
  const loaded = LOADED.safeParse(await client.load(bytes));
  const [, name] = NAME.exec(loaded.data?.stream ?? '') ?? [];
  if (name === undefined) throw refuse('the engine must be able to load it');
  // An engine names an image by its digest only where it has a repository.
  const tag = `pinned-${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`;
  const query = `repo=${encodeURIComponent(repository)}&tag=${tag}`;
  await client.ask({ method: 'POST', path: `/images/${encodeURIComponent(name)}/tag?${query}` });
  if (!(await isThere())) throw refuse('it must be the pinned one');
}

/** As it is read: layers may be larger than memory. Links and what else is no plain file stay out. */
async function* archiveOf(layout: string): AsyncGenerator<Buffer> {
  for (const name of readdirSync(layout, { recursive: true, encoding: 'utf8' })) {
    const path = join(layout, name);
    const facts = lstatSync(path);
    if (!facts.isFile()) continue;
    const { size } = facts;
    yield writeTarHeader({ name, mode: FILE_MODE, size, type: '0' });
    if (size > 0) yield* createReadStream(path, { end: size - 1 });
    yield Buffer.alloc(paddingAfter(size));
  }
  yield Buffer.alloc(2 * TAR_BLOCK_BYTES);
}

function refuse(problem: string): Fault {
  return new Fault('tier_unavailable', `Cannot load the image: ${problem}`);
}
