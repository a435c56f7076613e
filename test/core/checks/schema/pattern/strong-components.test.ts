import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findComponents } from '../../../../../src/core/checks/schema/pattern/strong-components.ts';

const NODES = [...Array(7).keys()];
const graph = fc.array(fc.tuple(fc.constantFrom(...NODES), fc.constantFrom(...NODES)), {
  maxLength: 20,
});

/** Who can be reached from whom, by the definition. */
function reach(edges: readonly (readonly [number, number])[]): boolean[][] {
  const to = NODES.map((a) => NODES.map((b) => a === b));
  for (const [a, b] of edges) to[a]![b] = true;
  for (const k of NODES) {
    for (const a of NODES) for (const b of NODES) to[a]![b] ||= to[a]![k]! && to[k]![b]!;
  }
  return to;
}

describe('findComponents()', () => {
  test('puts two nodes together exactly if each reaches the other', () => {
    fc.assert(
      fc.property(graph, (edges) => {
        const to = reach(edges);
        const components = findComponents(NODES, (node) =>
          edges.filter(([from]) => from === node).map(([, next]) => next),
        );
        for (const a of NODES) {
          for (const b of NODES) {
            const areOne = components.get(a) === components.get(b);
            expect(areOne).toBe(to[a]![b]! && to[b]![a]!);
            // An edge between two components leads to the lower number.
            if (to[a]![b]) expect(components.get(a)).toBeGreaterThanOrEqual(components.get(b)!);
          }
        }
      }),
    );
  });

  test('leaves out what no root reaches, and does not exhaust the stack', () => {
    const components = findComponents([0], (node) => (node < 50_000 ? [node + 1] : []));
    expect(components.size).toBe(50_001);
    expect(findComponents([1], () => [1]).has(0)).toBe(false);
  });
});
