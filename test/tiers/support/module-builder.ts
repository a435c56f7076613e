/** Small WebAssembly modules by hand, for what an author could upload. */

export interface Declared {
  /** Functions `() -> i32`. */
  readonly exports?: readonly string[];
  /** What all of them return, below 64; 0 unless stated. */
  readonly returns?: number;
  /** Functions `() -> i32`. */
  readonly imports?: readonly (readonly [module: string, name: string])[];
  /** Smallest memory, in pages. */
  readonly memoryPages?: number;
  /** Turns the type of all functions into `(i32) -> i32`. */
  readonly hasParameter?: boolean;
}

export function buildModule(declared: Declared): Uint8Array {
  const { exports = [], imports = [], memoryPages, hasParameter = false, returns = 0 } = declared;
  const type = [0x60, ...(hasParameter ? [1, 0x7f] : [0]), 1, 0x7f];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, ...type]),
    ...section(
      2,
      list(imports, ([module, name]) => [...text(module), ...text(name), 0, 0]),
    ),
    ...section(
      3,
      list(exports, () => [0]),
    ),
    ...(memoryPages === undefined ? [] : section(5, [1, 0, ...u32(memoryPages)])),
    ...section(
      7,
      list(exports, (name, index) => [...text(name), 0, ...u32(imports.length + index)]),
    ),
    ...section(
      10,
      list(exports, () => [4, 0, 0x41, returns, 0x0b]),
    ),
  ]);
}

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, ...u32(content.length), ...content];
}

function list<T>(
  items: readonly T[],
  write: (item: T, index: number) => readonly number[],
): number[] {
  return [...u32(items.length), ...items.flatMap(write)];
}

function text(value: string): readonly number[] {
  const bytes = new TextEncoder().encode(value);
  return [...u32(bytes.length), ...bytes];
}

function u32(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...u32(value >>> 7)];
}
