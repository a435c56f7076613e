/**
 * Reads a tar archive as it comes, and trusts nothing in it.
 *
 * @module
 */

import { type FileTree, type TreeBounds, TreeBuilder, TreeRefusal } from './file-tree.ts';
import { paddingAfter, readTarHeader, TAR_BLOCK_BYTES, type TarHeader } from './tar-header.ts';

export interface TarEntry extends TarHeader {
  /** To be called at most once, before the next entry is asked for; skipped if it is not. */
  readBytes(): Promise<Buffer>;
}

/** Longest pax record or long name, in bytes. */
const MAX_EXTENSION_BYTES = 65_536;

/** The entries, in order. Extended headers are applied to the entry that they stand before. */
export async function* readTarEntries(
  source: AsyncIterable<Buffer>,
  maxFileBytes: number,
): AsyncGenerator<TarEntry> {
  const reader = new BlockReader(source);
  let extension: Partial<TarHeader> = {};
  for (;;) {
    const block = await reader.take(TAR_BLOCK_BYTES);
    const header = readTarHeader(block);
    if (header === undefined) return;
    if ('xLKg'.includes(header.type)) {
      if (header.size > MAX_EXTENSION_BYTES) throw new TreeRefusal('archive_malformed');
      const bytes = await reader.take(header.size);
      await reader.skip(paddingAfter(header.size));
      extension = { ...extension, ...readExtension(header.type, bytes) };
      continue;
    }
    const full = { ...header, ...extension };
    extension = {};
    if (full.size > maxFileBytes) throw new TreeRefusal('too_many_bytes');
    let isRead = false;
    yield {
      ...full,
      readBytes: () => {
        isRead = true;
        return reader.take(full.size);
      },
    };
    await reader.skip((isRead ? 0 : full.size) + paddingAfter(full.size));
  }
}

/**
 * The files and folders of an archive. Anything else in it, a link or a device, has it refused
 * whole; so has a name that could lead out, and an entry beyond the bounds.
 */
export async function readTar(
  source: AsyncIterable<Buffer>,
  bounds: TreeBounds,
): Promise<FileTree> {
  const builder = new TreeBuilder(bounds);
  for await (const entry of readTarEntries(source, bounds.maxBytes)) {
    const path = entry.name.replace(/^\.\//, '').replace(/\/$/, '');
    const isExecutable = (entry.mode & 0o100) !== 0;
    if (entry.type === '5' && ['', '.'].includes(path)) continue;
    if (entry.type === '5') {
      builder.add({ path, isExecutable: false });
    } else if (entry.type === '0') {
      builder.expect(path, entry.size);
      builder.add({ path, bytes: await entry.readBytes(), isExecutable });
    } else {
      throw new TreeRefusal('kind_refused');
    }
  }
  return builder.tree();
}

/** `g` would be about all entries that follow; nothing in it is needed here. */
function readExtension(type: string, bytes: Buffer): Partial<TarHeader> {
  const text = bytes.toString('utf8').replace(/\0+$/, '');
  if (type === 'L') return { name: text };
  if (type === 'K') return { linkName: text };
  return type === 'x' ? readPax(bytes) : {};
}

/** Lines of `<length> <key>=<value>`; the length counts itself and the line's end. */
function readPax(bytes: Buffer): Partial<TarHeader> {
  const found: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isInteger(length) || end <= space || end > bytes.length) {
      throw new TreeRefusal('archive_malformed');
    }
    const [key = '', ...value] = bytes.toString('utf8', space + 1, end - 1).split('=');
    found[key] = value.join('=');
    at = end;
  }
  const { path, linkpath, size } = found;
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw new TreeRefusal('archive_malformed');
  return {
    ...(path !== undefined && { name: path }),
    ...(linkpath !== undefined && { linkName: linkpath }),
    ...(size !== undefined && { size: Number(size) }),
  };
}

/** Hands out so many bytes at a time, however they arrive. */
class BlockReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async take(size: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    await this.#each(size, (part) => parts.push(part));
    return Buffer.concat(parts);
  }

  async skip(size: number): Promise<void> {
    await this.#each(size, () => undefined);
  }

  /** An archive that ends before its end is refused. */
  async #each(size: number, use: (part: Buffer) => void): Promise<void> {
    for (let missing = size; missing > 0; ) {
      if (this.#rest.length === 0) {
        const next = await this.#source.next();
        if (next.done) throw new TreeRefusal('archive_malformed');
        this.#rest = next.value;
      }
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
      use(part);
    }
  }
}
