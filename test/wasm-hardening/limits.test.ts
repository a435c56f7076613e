/**
 * Every bound on the size of a module, from both sides.
 */

import { describe, expect, test } from 'vitest';
import { MAX_NAME_BYTES } from '../../src/wasm-hardening/byte-reader.ts';
import { MAX_LOCALS } from '../../src/wasm-hardening/function-bodies.ts';
import { MAX_BRANCH_TARGETS, MAX_NESTING } from '../../src/wasm-hardening/function-body.ts';
import { hardenModule } from '../../src/wasm-hardening/harden.ts';
import {
  MAX_BODY_BYTES,
  MAX_CONSTANT_INSTRUCTIONS,
  MAX_CONSTANT_INSTRUCTIONS_IN_ALL,
  MAX_GROWTH,
  MAX_ITEMS,
  MAX_METERED_BODY_BYTES,
  MAX_SEGMENT_ENTRIES_PER_TABLE_ELEMENT,
} from '../../src/wasm-hardening/structure-limits.ts';
import { harden, OPEN_POLICY, rejection } from './support/hardened.ts';
import {
  body,
  functionOf,
  inFunction,
  list,
  many,
  moduleOf,
  name,
  repeated,
  section,
  sized,
  u32,
  VOID_TYPE,
} from './support/module-bytes.ts';

const ONE_FUNCTION = section(3, list([0]));
const ONE_PAGE = section(5, list([0, 1]));

/** How a limit is approached: a module with `count` of something. */
interface Limit {
  readonly limit: number;
  readonly sentence: string;
  readonly build: (count: number) => Uint8Array;
}

const atMost = (what: string, limit: number) =>
  `number of ${what} ${limit + 1} must be at most ${limit}`;

const LIMITS: Record<string, Limit> = {
  types: {
    limit: MAX_ITEMS.types,
    sentence: atMost('types', MAX_ITEMS.types),
    build: (count) => moduleOf(section(1, many([0x60, 0, 0], count))),
  },
  parameters: {
    limit: MAX_ITEMS.parameters,
    sentence: atMost('parameters', MAX_ITEMS.parameters),
    build: (count) => moduleOf(section(1, list([0x60, ...many([0x7f], count), 0]))),
  },
  results: {
    limit: MAX_ITEMS.results,
    sentence: atMost('results', MAX_ITEMS.results),
    build: (count) => moduleOf(section(1, list([0x60, 0, ...many([0x7f], count)]))),
  },
  imports: {
    limit: MAX_ITEMS.imports,
    sentence: atMost('imports', MAX_ITEMS.imports),
    build: (count) =>
      moduleOf(VOID_TYPE, section(2, many([...name('m'), ...name('n'), 0, 0], count))),
  },
  functions: {
    limit: MAX_ITEMS.functions,
    sentence: atMost('functions', MAX_ITEMS.functions),
    build: (count) =>
      moduleOf(VOID_TYPE, section(3, many([0], count)), section(10, many(body(), count))),
  },
  tables: {
    limit: MAX_ITEMS.tables,
    sentence: atMost('tables', MAX_ITEMS.tables),
    build: (count) => moduleOf(section(4, many([0x70, 0, 1], count))),
  },
  'table elements to begin with': {
    limit: OPEN_POLICY.maxTableElements,
    sentence: `tables must begin with at most ${OPEN_POLICY.maxTableElements} elements in all`,
    build: (count) => {
      const table = (elements: number) => [0x70, 0, ...u32(elements)];
      return moduleOf(section(4, list(table(4_000), table(count - 4_000))));
    },
  },
  globals: {
    limit: MAX_ITEMS.globals,
    sentence: atMost('globals', MAX_ITEMS.globals),
    build: (count) => moduleOf(section(6, many([0x7f, 0, 0x41, 0, 0x0b], count))),
  },
  exports: {
    limit: MAX_ITEMS.exports,
    sentence: atMost('exports', MAX_ITEMS.exports),
    build: (count) => {
      const exports = Array.from({ length: count }, (_, index) => [...name(`e${index}`), 2, 0]);
      return moduleOf(ONE_PAGE, section(7, list(...exports)));
    },
  },
  'element segments': {
    limit: MAX_ITEMS.elementSegments,
    sentence: atMost('element segments', MAX_ITEMS.elementSegments),
    build: (count) => moduleOf(section(9, many([1, 0, 0], count))),
  },
  'element segment entries': {
    limit: OPEN_POLICY.maxTableElements * MAX_SEGMENT_ENTRIES_PER_TABLE_ELEMENT,
    sentence: 'element segments must have at most 40000 entries in all',
    build: (count) => {
      const segment = (entries: number) => [1, 0, ...many([0], entries)];
      return moduleOf(
        VOID_TYPE,
        ONE_FUNCTION,
        section(9, list(segment(30_000), segment(count - 30_000))),
        section(10, list(body())),
      );
    },
  },
  'data segments': {
    limit: MAX_ITEMS.dataSegments,
    sentence: atMost('data segments', MAX_ITEMS.dataSegments),
    build: (count) => moduleOf(section(11, many([1, 0], count))),
  },
  'custom sections': {
    limit: MAX_ITEMS.customSections,
    sentence: `module must have at most ${MAX_ITEMS.customSections} custom sections`,
    build: (count) => moduleOf(repeated(section(0, name('x')), count)),
  },
  'bytes in a name': {
    limit: MAX_NAME_BYTES,
    sentence: `name must have at most ${MAX_NAME_BYTES} bytes`,
    build: (count) => moduleOf(ONE_PAGE, section(7, list([...name('x'.repeat(count)), 2, 0]))),
  },
  'instructions in an initialiser': {
    limit: MAX_CONSTANT_INSTRUCTIONS - 1, // they come in pairs, behind one that stands alone
    sentence: `initialiser must have at most ${MAX_CONSTANT_INSTRUCTIONS} instructions`,
    build: (count) => {
      const pairs = repeated([0x41, 0, 0x6a], Math.ceil((count - 1) / 2));
      return moduleOf(section(6, list([0x7f, 0, 0x41, 0, ...pairs, 0x0b])));
    },
  },
  'instructions in all initialisers': {
    limit: MAX_CONSTANT_INSTRUCTIONS_IN_ALL,
    sentence: `initialisers must have at most ${MAX_CONSTANT_INSTRUCTIONS_IN_ALL} instructions in all`,
    build: (count) => {
      const long = [0, 0x41, 0, ...repeated([0x41, 0, 0x6a], 4), 0x0b, 0];
      const shorts = count - 9 * 22_000;
      const segments = [repeated(long, 22_000), repeated([0, 0x41, 0, 0x0b, 0], shorts)].flat();
      return moduleOf(ONE_PAGE, section(11, [...u32(22_000 + shorts), ...segments]));
    },
  },
  locals: {
    limit: MAX_LOCALS,
    sentence: `function must have at most ${MAX_LOCALS} locals`,
    build: (count) => functionOf([2, ...u32(count - 1), 0x7f, 1, 0x7e, 0x0b]),
  },
  'locals, parameters included': {
    limit: MAX_LOCALS,
    sentence: `function must have at most ${MAX_LOCALS} locals`,
    build: (count) =>
      moduleOf(
        section(1, list([0x60, ...list([0x7f], [0x7f]), 0])),
        ONE_FUNCTION,
        section(10, list(sized([1, ...u32(count - 2), 0x7f, 0x0b]))),
      ),
  },
  'nested blocks': {
    limit: MAX_NESTING,
    sentence: `blocks must be nested at most ${MAX_NESTING} deep`,
    build: (count) => inFunction(repeated([0x02, 0x40], count), repeated([0x0b], count)),
  },
  'branch targets': {
    limit: MAX_BRANCH_TARGETS,
    sentence: atMost('branch targets', MAX_BRANCH_TARGETS),
    build: (count) => inFunction([0x41, 0, 0x0e], many([0], count), [0]),
  },
  'bytes in a function body': {
    limit: MAX_BODY_BYTES,
    sentence: `must have at most ${MAX_BODY_BYTES}`,
    build: (count) => inFunction(repeated([0x01], count - 2)),
  },
};

describe('the limit on', () => {
  test.each(Object.entries(LIMITS))('%s is kept, and one more is refused', (_, limit) => {
    const highest = limit.build(limit.limit);
    expect(WebAssembly.validate(highest as Uint8Array<ArrayBuffer>)).toBe(true);
    expect(WebAssembly.validate(harden(highest).bytes)).toBe(true);
    expect(rejection(limit.build(limit.limit + 1)).message).toContain(limit.sentence);
  });

  test('bytes in the upload is that of the policy', () => {
    const bytes = moduleOf(section(0, [...name('x'), ...repeated([0], 50)]));
    const policy = (maxModuleBytes: number) => ({ ...OPEN_POLICY, maxModuleBytes });
    expect(hardenModule(bytes, policy(bytes.length)).ok).toBe(true);
    expect(rejection(bytes, policy(bytes.length - 1))).toEqual({
      code: 'wasm_rejected',
      message: `Cannot harden module: ${bytes.length} bytes must be at most ${bytes.length - 1}`,
    });
  });

  test('bytes in a function body with its charges holds too', () => {
    // A charge each 5 bytes makes a body five times as large.
    const dense = (count: number) =>
      inFunction(repeated([0x01], 300), repeated([0x41, 0, 0x04, 0x40, 0x0b], count));
    expect(harden(dense(100_000)).bytes.length).toBeGreaterThan(2 * 1024 * 1024);
    expect(rejection(dense(209_000)).message).toContain(
      `function body with charges must have at most ${MAX_METERED_BODY_BYTES} bytes`,
    );
  });

  test('bytes in the output is a multiple of that in the upload', () => {
    const dense = body(...repeated([0x41, 0, 0x04, 0x40, 0x0b], 300));
    const bytes = moduleOf(VOID_TYPE, section(3, many([0], 20)), section(10, many(dense, 20)));
    const policy = (maxModuleBytes: number) => ({ ...OPEN_POLICY, maxModuleBytes });
    const grown = harden(bytes).bytes.length;
    expect(grown).toBeGreaterThan(bytes.length * MAX_GROWTH);
    expect(hardenModule(bytes, policy(grown)).ok).toBe(true);
    expect(rejection(bytes, policy(bytes.length)).message).toContain('code with charges must have');
  });
});

describe('a count', () => {
  test('is not believed when the bytes cannot hold so many items', () => {
    const liar = moduleOf(section(1, u32(MAX_ITEMS.types)));
    expect(rejection(liar).message).toContain('bytes must not end here');
  });
});
