/**
 * The parts of a module in which somebody has left text: its custom sections and its data.
 *
 * Reads modules that were hardened. Of anything else it gives what it can read up to where it no
 * longer understands, and never throws.
 *
 * @module
 */

import { fromUtf8 } from '../core/primitives/utf8.ts';
import type { HardenedModule } from '../wasm-hardening/harden.ts';

export interface ModuleSection {
  /** Empty for data. */
  readonly name: string;
  /** Where {@link content} begins in the upload. */
  readonly offset: number;
  readonly content: Uint8Array;
}

export interface TextSections {
  readonly custom: readonly ModuleSection[];
  /** Each segment by itself: what stands between two of them is no text. */
  readonly data: readonly ModuleSection[];
}

const HEADER_BYTES = 8;
const CUSTOM_SECTION = 0;

/** As many custom sections as hardening takes. */
const MAX_CUSTOM_SECTIONS = 1_000;

export function readTextSections(
  module: Uint8Array,
  { data }: Pick<HardenedModule, 'data'>,
): TextSections {
  const custom: ModuleSection[] = [];
  const cursor = new ByteCursor(module, HEADER_BYTES);
  while (custom.length < MAX_CUSTOM_SECTIONS) {
    const id = cursor.byte();
    const content = cursor.sized();
    if (id === undefined || content === undefined) break;
    const offset = cursor.position - content.length;
    if (id !== CUSTOM_SECTION) continue;
    const inner = new ByteCursor(content, 0);
    const name = inner.name();
    if (name === undefined) continue;
    custom.push({
      name,
      offset: offset + inner.position,
      content: content.subarray(inner.position),
    });
  }
  const segments = data.map(({ start, end }) => {
    return { name: '', offset: start, content: module.subarray(start, end) };
  });
  return { custom, data: segments };
}

/** Reads what is there; `undefined` once anything is not. */
export class ByteCursor {
  position: number;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, position: number) {
    this.bytes = bytes;
    this.position = position;
  }

  byte(): number | undefined {
    return this.bytes[this.position++];
  }

  /** LEB128, unsigned, 32 bits. */
  u32(): number | undefined {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  }

  /** A length and that many bytes, not copied. */
  sized(): Uint8Array | undefined {
    const length = this.u32();
    if (length === undefined || length > this.bytes.length - this.position) return undefined;
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  name(): string | undefined {
    const bytes = this.sized();
    return bytes && fromUtf8(bytes);
  }
}
