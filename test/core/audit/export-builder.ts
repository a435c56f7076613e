/** Exports of small audits, signed with a key of the test, and a verifier with its public half. */

import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { AuditRecord } from '../../../src/core/audit/chain.ts';
import { writeBody, writeNote } from '../../../src/core/audit/checkpoint.ts';
import {
  toCheckpointLine,
  toHeadingLine,
  toRecordLine,
} from '../../../src/core/audit/export-line.ts';
import { MerkleFrontier } from '../../../src/core/audit/merkle-frontier.ts';
import {
  type BadLine,
  ExportVerifier,
  readSigned,
  type TrustedKey,
} from '../../../src/core/audit/verify-export.ts';
import { sha256Bytes } from './naive-tree.ts';

/** A key of the test, both halves. */
export interface TestKey extends TrustedKey {
  readonly sign: (text: string) => Uint8Array;
}

export function createKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    sign: (text) => sign(null, Buffer.from(text), privateKey),
    isSigned: (text, signature) => verify(null, Buffer.from(text), publicKey, signature),
  };
}

export const KEY = createKey();
const WORKSPACE = 'acme';

export function noteOf(
  records: readonly AuditRecord[],
  { workspace = WORKSPACE, key = KEY }: { workspace?: string; key?: TestKey } = {},
): string {
  const tree = new MerkleFrontier(sha256Bytes);
  for (const { hash } of records) tree.add(Buffer.from(hash, 'hex'));
  const checkpoint = { workspace, size: records.length, root: tree.root(), at: 1_795_345_200_000 };
  const body = writeBody(checkpoint);
  return writeNote({ checkpoint, body, signature: key.sign(body) }, key.publicKey, sha256Bytes);
}

/** With a checkpoint after each of these numbers of records. */
export function exportOf(
  records: readonly AuditRecord[],
  checkpoints: readonly number[],
): string[] {
  const publicKey = Buffer.from(KEY.publicKey).toString('base64url');
  const heading = { workspace: WORKSPACE, publicKey };
  const lines = [toHeadingLine(heading)];
  for (const [index, record] of records.entries()) {
    lines.push(toRecordLine(record));
    const size = index + 1;
    if (checkpoints.includes(size)) lines.push(toCheckpointLine(noteOf(records.slice(0, size))));
  }
  return lines;
}

/** The first problem, as the command line finds it. `kept`: notes. */
export function verifyLines(
  lines: readonly string[],
  { keys = [KEY], kept = [] }: { keys?: readonly TestKey[]; kept?: readonly string[] } = {},
): BadLine | undefined {
  const signer = { workspace: WORKSPACE, keys };
  const checkpoints = kept.flatMap(
    (note) => readSigned(note, signer, sha256Bytes)?.checkpoint ?? [],
  );
  const fromHex = (hex: string) => Buffer.from(hex, 'hex');
  const verifier = new ExportVerifier(signer, { sha256: sha256Bytes, fromHex }, checkpoints);
  for (const line of lines.slice(1)) {
    const bytes = Buffer.from(line);
    const bad = verifier.next({
      text: bytes.toString('latin1'),
      hashWithout: (from, to) =>
        createHash('sha256')
          .update(bytes.subarray(0, from))
          .update(bytes.subarray(to))
          .digest('hex'),
    });
    if (bad !== undefined) return bad;
  }
  return verifier.end();
}
