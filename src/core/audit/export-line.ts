/**
 * The lines of an exported audit: a heading, records as canonical JSON, and signed checkpoints, each
 * after the last record that it vouches for.
 *
 * A record's hash covers its line without the hash itself, so a reader need not understand a record
 * to check it, and not one byte of it can be changed.
 *
 * @module
 */

import { canonicalJson } from '../primitives/canonical-json.ts';
import { isJsonObject, type JsonValue } from '../primitives/json.ts';
import { parseJson } from '../primitives/parse-json.ts';
import type { AuditRecord } from './chain.ts';
import type { ChainPlace } from './verify-chain.ts';

export interface ExportHeading {
  readonly workspace: string;
  /** base64url: what the signatures are said to be made with. */
  readonly publicKey: string;
}

/** What a line says of a record, and where in it the hash stands that is not hashed. */
export interface RecordLine extends ChainPlace {
  /** What the event is left as once it was kept for long enough. */
  readonly isExpired: boolean;
  /** How many records the event says were expired; 0 for all other events. */
  readonly expiredCount: number;
  readonly hashFrom: number;
  readonly hashTo: number;
}

const FORMAT = 'sallyport-audit/1';
const CHECKPOINT = 'sallyport-audit-checkpoint/1';

const EXPIRED_MEMBER = '"expired":true,';
const HASH_MEMBER = '"hash":"';
const TAIL =
  /^"hash":"([0-9a-f]{64})",("previousHash":"([0-9a-f]{64})","seq":([1-9][0-9]{0,15}),"source":"((?:[^"\\]|\\.)*)","sourceSeq":([1-9][0-9]{0,15})\})$/;

/** Canonical JSON begins with the action, the actor, the moment and the count. */
const EXPIRY = /^\{"event":\{"action":"records-expired","actor":"gateway","at":\d+,"count":(\d+),/;

const LINE_LIMITS = { maxBytes: 65_536, maxDepth: 4 };

export function toHeadingLine({ workspace, publicKey }: ExportHeading): string {
  return canonicalJson({ format: FORMAT, workspace, publicKey });
}

export function toRecordLine(record: AuditRecord): string {
  return canonicalJson(record);
}

export function toCheckpointLine(note: string): string {
  return canonicalJson({ format: CHECKPOINT, note });
}

export function readHeadingLine(text: string): ExportHeading | undefined {
  const { format, workspace, publicKey } = readMembers(text);
  if (format !== FORMAT || typeof workspace !== 'string' || typeof publicKey !== 'string') {
    return undefined;
  }
  return { workspace, publicKey };
}

/** The note; `undefined` if it is no such line. */
export function readCheckpointLine(text: string): string | undefined {
  const { format, note } = readMembers(text);
  return format === CHECKPOINT && typeof note === 'string' ? note : undefined;
}

/** The members stand in the order of their names, so all but the event stand at the end. */
export function readRecordLine(text: string): RecordLine | undefined {
  const hashFrom = text.lastIndexOf(HASH_MEMBER);
  if (hashFrom === -1 || !text.startsWith('{"event":')) return undefined;
  const [, hash, rest, previousHash, seq, source, sourceSeq] =
    TAIL.exec(text.slice(hashFrom)) ?? [];
  if (hash === undefined || previousHash === undefined || rest === undefined) return undefined;
  const numbers = { seq: Number(seq), sourceSeq: Number(sourceSeq) };
  const isExpired = text.endsWith(EXPIRED_MEMBER, hashFrom);
  const expiredCount = isExpired ? 0 : Number(EXPIRY.exec(text)?.[1] ?? 0);
  return {
    ...numbers,
    ...{ isExpired, expiredCount, source: source ?? '' },
    previousHash,
    hash,
    hashFrom,
    hashTo: text.length - rest.length,
  };
}

function readMembers(text: string): Readonly<Record<string, JsonValue | undefined>> {
  const json = parseJson(text, LINE_LIMITS);
  return json.ok && isJsonObject(json.value) ? json.value : {};
}
