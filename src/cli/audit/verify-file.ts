/**
 * Verifies an exported audit in a file, with nothing but a public key.
 *
 * @module
 */

import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { readHeadingLine } from '../../core/audit/export-line.ts';
import { type BadLine, ExportVerifier } from '../../core/audit/verify-export.ts';
import { fromBase64Url } from '../../core/primitives/base64url.ts';
import { CommandFailure } from '../command-failure.ts';
import { readLines } from './read-lines.ts';

export interface FileVerdict {
  readonly workspace: string;
  /** base64url: what the signatures were checked with. */
  readonly publicKey: string;
  /** Records that hold, from the first on. */
  readonly count: number;
  /** Hash of the last of them. */
  readonly head: string;
  readonly firstBad?: BadLine;
}

/** What stands before the 32 bytes of a key in its DER form (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const KEY_BYTES = 32;

/** `pinned`: the key that must have signed; without it the one that the file names is used. */
export async function verifyFile(path: string, pinned: string | undefined): Promise<FileVerdict> {
  let verifier: ExportVerifier | undefined;
  let facts = { workspace: '', publicKey: pinned ?? '' };
  let firstBad: BadLine | undefined;
  for await (const line of readLines(path)) {
    if (verifier === undefined) {
      const heading = readHeadingLine(line.toString('utf8'));
      if (heading === undefined) {
        throw CommandFailure.usage(`Cannot verify "${path}": it must be an export of an audit`);
      }
      facts = { workspace: heading.workspace, publicKey: pinned ?? heading.publicKey };
      verifier = createVerifier(facts);
      continue;
    }
    firstBad = verifier.next(toLine(line));
    if (firstBad !== undefined) break;
  }
  if (verifier === undefined) throw CommandFailure.usage(`Cannot verify "${path}": it is empty`);
  firstBad ??= verifier.end();
  const { count, head } = verifier;
  return { ...facts, count, head, ...(firstBad && { firstBad }) };
}

function createVerifier(facts: { workspace: string; publicKey: string }): ExportVerifier {
  const publicKey = fromBase64Url(facts.publicKey);
  if (publicKey?.length !== KEY_BYTES) {
    throw CommandFailure.usage('Cannot verify the audit: the key must be 32 bytes, base64url');
  }
  const key = toKey(publicKey);
  return new ExportVerifier(
    { workspace: facts.workspace, publicKey },
    {
      sha256: (bytes) => hash('sha256', bytes, 'buffer'),
      fromHex: (hex) => Buffer.from(hex, 'hex'),
      isSigned: (text, signature) => verify(null, Buffer.from(text, 'utf8'), key, signature),
    },
  );
}

function toKey(publicKey: Uint8Array): KeyObject {
  try {
    const der = Buffer.concat([SPKI_PREFIX, publicKey]);
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    throw CommandFailure.usage('Cannot verify the audit: the key must be an Ed25519 public key');
  }
}

function toLine(line: Buffer) {
  return {
    text: line.toString('latin1'),
    hashWithout: (from: number, to: number) =>
      hash('sha256', Buffer.concat([line.subarray(0, from), line.subarray(to)])),
  };
}
