/**
 * Takes the parts of an image out of one archive in the OCI image layout, as `skopeo copy … oci-archive:`
 * or `docker save` write it. Only what is named by a hash is taken; whether it hashes to its name is
 * asked when it is used, so nothing of the archive has to be believed.
 *
 * @module
 */

import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../../core/errors/fault.ts';
import { TreeRefusal } from '../files/file-tree.ts';
import { readTarEntries } from '../files/read-tar.ts';

const PART = /^(?:\.\/)?blobs\/sha256\/([0-9a-f]{64})$/;

/** Most parts that are taken, and most bytes of each. */
const MAX_PARTS = 512;
const MAX_PART_BYTES = 1024 * 1024 * 1024;

/** A plain file, as tar calls it. */
const FILE = '0';

/** @throws Fault `tier_unavailable` when it is no archive, or holds too much. */
export async function unpackArchive(path: string, folder: string): Promise<void> {
  const blobs = join(folder, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true, mode: 0o700 });
  const taken = new Set<string>();
  try {
    for await (const entry of readTarEntries(createReadStream(path), MAX_PART_BYTES)) {
      const [, hash] = PART.exec(entry.name) ?? [];
      if (hash === undefined || entry.type !== FILE || taken.has(hash)) continue;
      if (taken.size >= MAX_PARTS) throw new TreeRefusal('too_many_files');
      taken.add(hash);
      writeFileSync(join(blobs, hash), await entry.readBytes(), { mode: 0o600 });
    }
  } catch (error) {
    if (!(error instanceof TreeRefusal)) throw error;
    throw new Fault('tier_unavailable', `Cannot unpack an archive: ${error.problem}`);
  }
}
