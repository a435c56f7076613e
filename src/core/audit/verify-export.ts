/**
 * Verifies an exported audit line by line, in memory that does not grow with it, against nothing but
 * public keys: the chain, the numbering of every source, the Merkle tree and the signatures. That an
 * export was cut off at one of its checkpoints is told only by a later checkpoint that somebody has kept.
 *
 * @module
 */

import { type Checkpoint, parseNote, type SignedCheckpoint } from './checkpoint.ts';
import { type RecordLine, readCheckpointLine, readRecordLine } from './export-line.ts';
import { MerkleFrontier } from './merkle-frontier.ts';
import type { Sha256Bytes } from './merkle-tree.ts';
import { type ChainProgress, findProblem, goOn, startVerification } from './verify-chain.ts';

/**
 * `missing`: the record with this number is not where it belongs. `inserted`: this number was there
 * before. `link`, `hash`, `gap`: as in `verify-chain.ts`. `unreadable`: no line of an export.
 * `signature`: a checkpoint that no trusted key has signed, or of another workspace, or the last one is
 * not of the newest key. `checkpoint`: a signed checkpoint says otherwise. `kept`: so does one that was
 * kept, or it vouches for more records. `expired`: more records are forgotten than the record itself
 * says. `end`: the last records are vouched for by no checkpoint, or there is none.
 */
export type ExportProblem =
  | 'missing'
  | 'inserted'
  | 'link'
  | 'hash'
  | 'gap'
  | 'unreadable'
  | 'signature'
  | 'checkpoint'
  | 'kept'
  | 'expired'
  | 'end';

export interface BadLine {
  /** From 1, the heading included. */
  readonly line: number;
  readonly problem: ExportProblem;
  /** Number of the record, or of the one that should be there. */
  readonly seq: number;
  /** For `checkpoint`: the number up to which the checkpoint before it vouches. */
  readonly holdsTo?: number;
}

/** A line as one character for each byte, so that nothing is lost in decoding. */
export interface ExportLine {
  readonly text: string;
  /** SHA-256, hex, of its bytes without those from `from` up to `to`. */
  hashWithout(from: number, to: number): string;
}

export interface ExportPlatform {
  readonly sha256: Sha256Bytes;
  /** Of the hex digits of a hash. */
  readonly fromHex: (hex: string) => Uint8Array;
}

export interface TrustedKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Whether the text, in UTF-8, is signed by the key (Ed25519). */
  readonly isSigned: (text: string, signature: Uint8Array) => boolean;
}

export interface TrustedSigner {
  readonly workspace: string;
  /** The newest first: whoever has one of before may not write the end. */
  readonly keys: readonly TrustedKey[];
}

/** The checkpoint, and the number of the key that has signed it; nothing if none has. */
export function readSigned(
  note: string,
  { workspace, keys }: TrustedSigner,
  sha256: Sha256Bytes,
): { readonly checkpoint: Checkpoint; readonly key: number } | undefined {
  const holds = (signed: SignedCheckpoint | undefined, { isSigned }: TrustedKey) =>
    signed?.checkpoint.workspace === workspace && isSigned(signed.body, signed.signature);
  for (const [key, trusted] of keys.entries()) {
    const signed = parseNote(note, trusted.publicKey, sha256);
    if (signed !== undefined && holds(signed, trusted))
      return { checkpoint: signed.checkpoint, key };
  }
  return undefined;
}

export class ExportVerifier {
  readonly #signer: TrustedSigner;
  readonly #platform: ExportPlatform;
  /** Each vouches for its records, wherever it was kept. */
  readonly #kept: readonly Checkpoint[];
  readonly #tree: MerkleFrontier;
  #chain: ChainProgress = startVerification();
  /** The heading is the first line. */
  #line = 1;
  /** Records whose event is forgotten, less those of which the record says so. */
  #undeclared = 0;
  #last: { readonly checkpoint: Checkpoint; readonly key: number } | undefined;

  constructor(signer: TrustedSigner, platform: ExportPlatform, kept: readonly Checkpoint[] = []) {
    this.#signer = signer;
    this.#platform = platform;
    this.#kept = kept;
    this.#tree = new MerkleFrontier(platform.sha256);
  }

  /** Records that hold. */
  get count(): number {
    return this.#chain.count;
  }

  /** Hash of the last of them, hex. */
  get head(): string {
    return this.#chain.head;
  }

  /** When the last checkpoint was signed, by its own word: what was recorded later is not looked for. */
  get signedAt(): number | undefined {
    return this.#last?.checkpoint.at;
  }

  /** Takes the next line; after a problem nothing more may be asked. */
  next(line: ExportLine): BadLine | undefined {
    this.#line += 1;
    const record = readRecordLine(line.text);
    if (record !== undefined) return this.#takeRecord(record, line);
    const note = readCheckpointLine(line.text);
    return note === undefined ? this.#bad('unreadable') : this.#takeCheckpoint(note);
  }

  end(): BadLine | undefined {
    this.#line += 1;
    if (this.#undeclared > 0) return this.#bad('expired', this.count);
    if (this.#last === undefined || this.#vouchedFor !== this.count) {
      return this.#bad('end', this.#vouchedFor + 1);
    }
    if (this.#last.key > 0) return this.#bad('signature');
    return this.#kept.some(({ size }) => size > this.count) ? this.#bad('kept') : undefined;
  }

  get #vouchedFor(): number {
    return this.#last?.checkpoint.size ?? 0;
  }

  #takeRecord(record: RecordLine, line: ExportLine): BadLine | undefined {
    const { seq, hash, hashFrom, hashTo, isExpired, expiredCount } = record;
    if (seq <= this.count) return this.#bad('inserted', seq);
    const isUntouched = () => isExpired || line.hashWithout(hashFrom, hashTo) === hash;
    const problem = findProblem(record, this.#chain, isUntouched);
    if (problem !== undefined) return this.#bad(problem);
    this.#undeclared += (isExpired ? 1 : 0) - expiredCount;
    this.#tree.add(this.#platform.fromHex(hash));
    this.#chain = goOn(this.#chain, record);
    const isKept = this.#kept.every(
      (checkpoint) => checkpoint.size !== seq || this.#is(checkpoint),
    );
    return isKept ? undefined : this.#bad('kept', seq);
  }

  #takeCheckpoint(note: string): BadLine | undefined {
    const signed = readSigned(fromLatin1(note), this.#signer, this.#platform.sha256);
    if (signed === undefined) return this.#bad('signature');
    if (signed.checkpoint.size !== this.count || !this.#is(signed.checkpoint)) {
      return { ...this.#bad('checkpoint', Math.max(1, this.count)), holdsTo: this.#vouchedFor };
    }
    this.#last = signed;
    return undefined;
  }

  /** Whether its tree is that of the records up to here. */
  #is({ root }: Checkpoint): boolean {
    const actual = this.#tree.root();
    return root.every((byte, index) => byte === actual[index]);
  }

  #bad(problem: ExportProblem, seq = this.count + 1): BadLine {
    return { line: this.#line, problem, seq };
  }
}

/** The one character of a note beyond ASCII is the dash before its signature. */
function fromLatin1(note: string): string {
  return note.replaceAll('\u00e2\u0080\u0094', '\u2014');
}
