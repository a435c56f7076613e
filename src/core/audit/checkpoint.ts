/**
 * A signed checkpoint of a workspace's audit: the size and root of its Merkle tree at a moment, as a
 * signed note (C2SP `signed-note` and `tlog-checkpoint`), so that other programs can read it too.
 *
 * @example
 * ```text
 * sallyport/acme
 * 1024
 * 9o2FpxoP0WGlGC0bJkZ0ZxXW2f1nKcVZ5rT8mYc3Vtw=
 * at 1795345200000
 *
 * — sallyport/acme Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
 * ```
 *
 * @module
 */

import { fromBase64, toBase64 } from '../primitives/base64.ts';
import { toUtf8 } from '../primitives/utf8.ts';
import type { Sha256Bytes } from './merkle-tree.ts';

export interface Checkpoint {
  readonly workspace: string;
  /** Records that it vouches for: all from the first on. */
  readonly size: number;
  readonly root: Uint8Array;
  /** Epoch milliseconds at which it was signed, by the clock of the gateway. */
  readonly at: number;
}

/** What a note says, the exact text that was signed, and the signature under the one key asked for. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly body: string;
  readonly signature: Uint8Array;
}

const ROOT_BYTES = 32;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
/** Ed25519, among the signature types of signed notes. */
const ED25519 = 1;

const BODY =
  /^sallyport\/([^\n/]{1,64})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\nat ([1-9][0-9]{0,14})\n$/;

/** The text that is signed. */
export function writeBody({ workspace, size, root, at }: Checkpoint): string {
  return `${originOf(workspace)}\n${size}\n${toBase64(root)}\nat ${at}\n`;
}

export function writeNote(
  { checkpoint, body, signature }: SignedCheckpoint,
  publicKey: Uint8Array,
  sha256: Sha256Bytes,
): string {
  const name = originOf(checkpoint.workspace);
  const keyId = keyIdOf(name, publicKey, sha256);
  return `${body}\n— ${name} ${toBase64(Uint8Array.of(...keyId, ...signature))}\n`;
}

/** `undefined` unless it is a checkpoint of ours that says it is signed by this key. */
export function parseNote(
  note: string,
  publicKey: Uint8Array,
  sha256: Sha256Bytes,
): SignedCheckpoint | undefined {
  const end = note.indexOf('\n\n');
  const body = note.slice(0, end + 1);
  const [, workspace, size, rootText = '', at] = (end === -1 ? null : BODY.exec(body)) ?? [];
  const root = fromBase64(rootText);
  if (workspace === undefined || root?.length !== ROOT_BYTES) return undefined;
  const name = originOf(workspace);
  const [, signed = ''] = /^— (?:[^\n ]+) ([A-Za-z0-9+/]+=*)\n$/.exec(note.slice(end + 2)) ?? [];
  const isNamed = note.startsWith(`— ${name} `, end + 2);
  const bytes = fromBase64(signed);
  if (!isNamed || bytes?.length !== KEY_ID_BYTES + SIGNATURE_BYTES) return undefined;
  const keyId = keyIdOf(name, publicKey, sha256);
  if (keyId.some((byte, index) => byte !== bytes[index])) return undefined;
  const checkpoint = { workspace, size: Number(size), root, at: Number(at) };
  return { checkpoint, body, signature: bytes.subarray(KEY_ID_BYTES) };
}

function originOf(workspace: string): string {
  return `sallyport/${workspace}`;
}

function keyIdOf(name: string, publicKey: Uint8Array, sha256: Sha256Bytes): Uint8Array {
  return sha256(Uint8Array.of(...toUtf8(`${name}\n`), ED25519, ...publicKey)).subarray(
    0,
    KEY_ID_BYTES,
  );
}
