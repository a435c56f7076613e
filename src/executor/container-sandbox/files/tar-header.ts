/**
 * The 512 bytes before each entry of a tar archive (POSIX.1-2024 pax, ustar).
 *
 * @module
 */

import { TreeRefusal } from './file-tree.ts';

export const TAR_BLOCK_BYTES = 512;

export interface TarHeader {
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly size: number;
  /** One character; `0` is a file and `5` a folder. */
  readonly type: string;
}

const FIELDS = {
  name: [0, 100],
  mode: [100, 108],
  size: [124, 136],
  checksum: [148, 156],
  linkName: [157, 257],
  prefix: [345, 500],
} as const;
const TYPE_AT = 156;
const MAGIC_AT = 257;

/** Nothing for the block of zeros that ends an archive. */
export function readTarHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (readOctal(block, 'checksum') !== checksum(block)) throw new TreeRefusal('archive_malformed');
  const isUstar = block.toString('latin1', MAGIC_AT, MAGIC_AT + 6) === 'ustar\0';
  const prefix = isUstar ? readText(block, 'prefix') : '';
  const name = readText(block, 'name');
  const type = String.fromCharCode(block[TYPE_AT] || 0x30);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: readText(block, 'linkName'),
    mode: readOctal(block, 'mode'),
    size: readOctal(block, 'size'),
    type,
  };
}

/** Names that do not fit are written before, as a pax record. */
export function writeTarHeader({ name, mode, size, type }: Omit<TarHeader, 'linkName'>): Buffer {
  const block = Buffer.alloc(TAR_BLOCK_BYTES);
  block.write(name, 0, 100, 'utf8');
  block.write(octal(mode, 7), FIELDS.mode[0], 'latin1');
  block.write(octal(0, 7), 108, 'latin1'); // owner: whoever unpacks
  block.write(octal(0, 7), 116, 'latin1');
  block.write(octal(size, 11), FIELDS.size[0], 'latin1');
  block.write(octal(0, 11), 136, 'latin1'); // changed: at no time
  block.write(type, TYPE_AT, 'latin1');
  block.write('ustar\x0000', MAGIC_AT, 'latin1');
  block.write(`${octal(checksum(block), 6)}\0 `, FIELDS.checksum[0], 'latin1');
  return block;
}

/** Zeros from the end of an entry's bytes to the next block. */
export function paddingAfter(size: number): number {
  return (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function readText(block: Buffer, field: keyof typeof FIELDS): string {
  const bytes = block.subarray(...FIELDS[field]);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

/** Octal digits, or, for sizes beyond 8 GiB, a number with its first bit set: those are refused. */
function readOctal(block: Buffer, field: keyof typeof FIELDS): number {
  const text = readText(block, field).trim();
  if (!/^[0-7]{0,12}$/.test(text)) throw new TreeRefusal('archive_malformed');
  return Number.parseInt(text || '0', 8);
}

/** The sum of all bytes, the checksum's own counted as spaces. */
function checksum(block: Buffer): number {
  const [start, end] = FIELDS.checksum;
  return block.reduce((sum, byte, at) => sum + (at >= start && at < end ? 0x20 : byte), 0);
}
