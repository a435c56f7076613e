/**
 * Modules written byte by byte, for what no assembler would write.
 */

export type Bytes = readonly number[];

/** Joins without spreading: some of these lists have a million bytes. */
const join = (...parts: readonly Bytes[]): Bytes => ([] as number[]).concat(...parts);

export function u32(value: number): Bytes {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...u32(Math.floor(value / 0x80))];
}

/** A count and the items. */
export function list(...items: readonly Bytes[]): Bytes {
  return join(u32(items.length), ...items);
}

/** A length and the bytes. */
export function sized(content: Bytes): Bytes {
  return join(u32(content.length), content);
}

export function name(text: string): Bytes {
  return sized([...new TextEncoder().encode(text)]);
}

export function section(id: number, content: Bytes): Bytes {
  return join([id], sized(content));
}

export const HEADER: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export function moduleOf(...sections: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(join(HEADER, ...sections));
}

/** `()->()` as type 0. */
export const VOID_TYPE = section(1, list([0x60, 0, 0]));

/** A body without locals; the last `end` is added. */
export function body(...instructions: readonly number[]): Bytes {
  return sized([0, ...instructions, 0x0b]);
}

/** One function of type `()->()`, and further sections before its code. */
export function moduleWithBody(
  instructions: Bytes,
  between: readonly Bytes[] = [],
): Uint8Array<ArrayBuffer> {
  return moduleOf(
    VOID_TYPE,
    section(3, list([0])),
    ...between,
    section(10, list(body(...instructions))),
  );
}

/** The same item so many times, as one run of bytes; quick for long runs. */
export function repeated(item: Bytes, count: number): Bytes {
  const bytes = new Array<number>(item.length * count);
  for (let index = 0; index < bytes.length; index++) bytes[index] = item[index % item.length] ?? 0;
  return bytes;
}

/** A list of the same item, so many times. */
export function many(item: Bytes, count: number): Bytes {
  return join(u32(count), repeated(item, count));
}

/** One function with a body of these bytes, declarations of locals included. */
export function functionOf(content: Bytes): Uint8Array<ArrayBuffer> {
  return moduleOf(VOID_TYPE, section(3, list([0])), section(10, list(sized(content))));
}

/** One function without locals; for code too long to be spread. */
export function inFunction(...code: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  return functionOf(join([0], ...code, [0x0b]));
}
