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
import { type BadLine, ExportVerifier } from '../../../src/core/audit/verify-export.ts';
import { sha256Bytes } from './naive-tree.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
export const PUBLIC_KEY = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
export const WORKSPACE = 'acme';

export function noteOf(records: readonly AuditRecord[], workspace = WORKSPACE): string {
  const tree = new MerkleFrontier(sha256Bytes);
  for (const { hash } of records) tree.add(Buffer.from(hash, 'hex'));
  const checkpoint = { workspace, size: records.length, root: tree.root(), at: 1_795_345_200_000 };
  const body = writeBody(checkpoint);
  const signature = sign(null, Buffer.from(body), privateKey);
  return writeNote({ checkpoint, body, signature }, PUBLIC_KEY, sha256Bytes);
}

/** With a checkpoint after each of these numbers of records. */
export function exportOf(
  records: readonly AuditRecord[],
  checkpoints: readonly number[],
): string[] {
  const heading = { workspace: WORKSPACE, publicKey: PUBLIC_KEY.toString('base64url') };
  const lines = [toHeadingLine(heading)];
  for (const [index, record] of records.entries()) {
    lines.push(toRecordLine(record));
    const size = index + 1;
    if (checkpoints.includes(size)) lines.push(toCheckpointLine(noteOf(records.slice(0, size))));
  }
  return lines;
}

/** The first problem, as the command line finds it. */
export function verifyLines(lines: readonly string[]): BadLine | undefined {
  const verifier = new ExportVerifier(
    { workspace: WORKSPACE, publicKey: PUBLIC_KEY },
    {
      sha256: sha256Bytes,
      fromHex: (hex) => Buffer.from(hex, 'hex'),
      isSigned: (text, signature) => verify(null, Buffer.from(text), publicKey, signature),
    },
  );
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
