/**
 * Verifies an exported audit line by line, in memory that does not grow with it, against nothing but
 * a public key: the chain, the numbering of every source, the Merkle tree and the signatures.
 *
 * @module
 */

import { parseNote } from './checkpoint.ts';
import { type RecordLine, readCheckpointLine, readRecordLine } from './export-line.ts';
import { MerkleFrontier } from './merkle-frontier.ts';
import type { Sha256Bytes } from './merkle-tree.ts';
import { type ChainProgress, findProblem, goOn, startVerification } from './verify-chain.ts';

/**
 * `missing`: the record with this number is not where it belongs. `inserted`: this number was there
 * before. `link`, `hash`, `gap`: as in `verify-chain.ts`. `unreadable`: no line of an export.
 * `signature`: a checkpoint that this key has not signed, or of another workspace. `checkpoint`: a
 * signed checkpoint says otherwise. `expired`: more records are forgotten than the record itself says. `end`: the last records are vouched for by no checkpoint.
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
  /** Whether the text, in UTF-8, is signed by the key (Ed25519). */
  readonly isSigned: (text: string, signature: Uint8Array) => boolean;
}

export interface TrustedSigner {
  readonly workspace: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export class ExportVerifier {
  readonly #signer: TrustedSigner;
  readonly #platform: ExportPlatform;
  readonly #tree: MerkleFrontier;
  #chain: ChainProgress = startVerification();
  /** The heading is the first line. */
  #line = 1;
  /** Records whose event is forgotten, less those of which the record says so. */
  #undeclared = 0;
  #vouchedFor = 0;

  constructor(signer: TrustedSigner, platform: ExportPlatform) {
    this.#signer = signer;
    this.#platform = platform;
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
    return this.#vouchedFor === this.count ? undefined : this.#bad('end', this.#vouchedFor + 1);
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
    return undefined;
  }

  #takeCheckpoint(note: string): BadLine | undefined {
    const { publicKey, workspace } = this.#signer;
    const signed = parseNote(fromLatin1(note), publicKey, this.#platform.sha256);
    const isOurs = signed?.checkpoint.workspace === workspace;
    if (!isOurs || !this.#platform.isSigned(signed.body, signed.signature)) {
      return this.#bad('signature');
    }
    const { size, root } = signed.checkpoint;
    const actual = this.#tree.root();
    if (size !== this.count || root.some((byte, index) => byte !== actual[index])) {
      return { ...this.#bad('checkpoint', Math.max(1, this.count)), holdsTo: this.#vouchedFor };
    }
    this.#vouchedFor = size;
    return undefined;
  }

  #bad(problem: ExportProblem, seq = this.count + 1): BadLine {
    return { line: this.#line, problem, seq };
  }
}

/** The one character of a note beyond ASCII is the dash before its signature. */
function fromLatin1(note: string): string {
  return note.replaceAll('\u00e2\u0080\u0094', '\u2014');
}
