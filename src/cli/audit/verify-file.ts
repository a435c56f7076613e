/**
 * Verifies an exported audit in a file, with nothing but public keys and checkpoints that were kept.
 *
 * @module
 */

import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Checkpoint } from '../../core/audit/checkpoint.ts';
import { readHeadingLine } from '../../core/audit/export-line.ts';
import {
  type BadLine,
  ExportVerifier,
  readSigned,
  type TrustedKey,
  type TrustedSigner,
} from '../../core/audit/verify-export.ts';
import { fromBase64Url } from '../../core/primitives/base64url.ts';
import { CommandFailure } from '../command-failure.ts';
import { readLines } from './read-lines.ts';

export interface FileVerdict {
  readonly workspace: string;
  /** base64url: what the end must be signed with. */
  readonly publicKey: string;
  /** Records that hold, from the first on. */
  readonly count: number;
  /** Hash of the last of them. */
  readonly head: string;
  /** Epoch milliseconds of the last checkpoint, which vouches for no record of later. */
  readonly signedAt?: number;
  readonly firstBad?: BadLine;
}

export interface Trust {
  /** Keys that must have signed, the newest first; without one the key that the file names is used. */
  readonly keys: readonly string[];
  /** Notes of checkpoints that were kept, each with what to call it. */
  readonly kept: readonly { readonly name: string; readonly note: string }[];
}

interface Opened {
  readonly facts: Pick<FileVerdict, 'workspace' | 'publicKey'>;
  readonly verifier: ExportVerifier;
  readonly firstBad?: BadLine;
}

/** What stands before the 32 bytes of a key in its DER form (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const KEY_BYTES = 32;

export async function verifyFile(path: string, trust: Trust): Promise<FileVerdict> {
  if (statSync(path).isDirectory()) {
    throw CommandFailure.usage(`Cannot verify "${path}": it must be a file`);
  }
  let opened: Opened | undefined;
  let firstBad: BadLine | undefined;
  for await (const line of readLines(path)) {
    if (opened === undefined) {
      opened = open(path, line, trust);
      firstBad = opened.firstBad;
    } else {
      firstBad = opened.verifier.next(toLine(line));
    }
    if (firstBad !== undefined) break;
  }
  if (opened === undefined) throw CommandFailure.usage(`Cannot verify "${path}": it is empty`);
  const { facts, verifier } = opened;
  firstBad ??= verifier.end();
  const { count, head, signedAt } = verifier;
  return {
    ...{ ...facts, count, head },
    ...(signedAt !== undefined && { signedAt }),
    ...(firstBad && { firstBad }),
  };
}

/** What the heading says is signed by nobody, so it is only compared with what is known. */
function open(path: string, line: Buffer, trust: Trust): Opened {
  const heading = readHeadingLine(line.toString('utf8'));
  if (heading === undefined) {
    throw CommandFailure.usage(`Cannot verify "${path}": it must be an export of an audit`);
  }
  const { workspace, publicKey: named } = heading;
  const [publicKey = named, ...older] = trust.keys;
  const signer = { workspace, keys: [publicKey, ...older].map(toTrustedKey) };
  const kept = trust.kept.map((each) => toKept(each, signer));
  return {
    facts: { workspace, publicKey },
    verifier: new ExportVerifier(signer, PLATFORM, kept),
    ...(![publicKey, ...older].includes(named) && {
      firstBad: { line: 1, problem: 'signature', seq: 1 },
    }),
  };
}

const PLATFORM = {
  sha256: (bytes: Uint8Array) => hash('sha256', bytes, 'buffer'),
  fromHex: (hex: string) => Buffer.from(hex, 'hex'),
};

function toKept({ name, note }: Trust['kept'][number], signer: TrustedSigner): Checkpoint {
  const signed = readSigned(note, signer, PLATFORM.sha256);
  if (signed !== undefined) return signed.checkpoint;
  const of = `a checkpoint of the audit of "${signer.workspace}", signed with a key that is given`;
  throw CommandFailure.finding(`Cannot verify with "${name}": it must be ${of}`);
}

function toTrustedKey(text: string): TrustedKey {
  const publicKey = fromBase64Url(text);
  if (publicKey?.length !== KEY_BYTES) {
    throw CommandFailure.usage('Cannot verify the audit: the key must be 32 bytes, base64url');
  }
  const key = toKey(publicKey);
  const isSigned = (body: string, signature: Uint8Array) =>
    verify(null, Buffer.from(body, 'utf8'), key, signature);
  return { publicKey, isSigned };
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
