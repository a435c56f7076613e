/**
 * The signature of a plugin, in a file beside its manifest.
 *
 * @module
 */

import { existsSync, lstatSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  MAX_SIGNATURE_BYTES,
  manifestSha256,
  type PluginSignature,
  parseSignature,
  toSignedBytes,
} from '../../core/manifest/plugin-signature.ts';
import { CommandFailure } from '../command-failure.ts';
import { readText } from '../read-file.ts';
import type { UploadFiles } from './plugin-files.ts';
import { NODE_PLATFORM } from './review-platform.ts';
import type { SigningKey } from './signing-key.ts';

const { sha256Hex } = NODE_PLATFORM;

const SIGNATURE_FILE = 'plugin.sig.json';

/**
 * Signs the manifest as a value, so that how it is laid out does not matter, and the module as it is.
 * Where none is uploaded the manifest names all that runs, and its hash stands for both.
 */
export function signPlugin({ manifest, module }: UploadFiles, key: SigningKey): PluginSignature {
  const ownHash = manifestSha256(manifest.json, sha256Hex);
  const hashes = {
    manifestSha256: ownHash,
    codeSha256: module === undefined ? ownHash : sha256Hex(module),
  };
  const signature = Buffer.from(key.sign(toSignedBytes(hashes))).toString('base64url');
  return { keyId: key.keyId, signature, ...hashes };
}

/** Beside the manifest. */
export function signaturePath(manifestPath: string): string {
  return join(dirname(manifestPath), SIGNATURE_FILE);
}

/** Takes the place of an older signature, and of nothing else. */
export function writeSignature(path: string, signature: PluginSignature): void {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts !== undefined && !(facts.isFile() && isSignature(path))) {
    throw CommandFailure.usage(`Cannot write "${path}": what is there is no signature`);
  }
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(signature, null, 2)}\n`, { flag: 'wx' });
  renameSync(draft, path);
}

/** As it is uploaded; nothing where there is none. */
export function readSignature(path: string): string | undefined {
  return existsSync(path) ? readText(path, MAX_SIGNATURE_BYTES) : undefined;
}

function isSignature(path: string): boolean {
  return parseSignature(readText(path, MAX_SIGNATURE_BYTES)).ok;
}
