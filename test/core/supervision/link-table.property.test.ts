import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  hearLink,
  type LinkRow,
  type LinkSignal,
  setLink,
} from '../../../src/core/supervision/link-table.ts';

/** Two ends of a pair, and the ordered streams between them. */
class Pair {
  readonly rows: [LinkRow | undefined, LinkRow | undefined] = [undefined, undefined];
  readonly toward: [LinkSignal[], LinkSignal[]] = [[], []];

  set(end: 0 | 1, isLinked: boolean): void {
    const { row, say } = setLink(this.rows[end], isLinked);
    this.rows[end] = row;
    if (say !== undefined) this.toward[end === 0 ? 1 : 0].push(say);
  }

  deliver(end: 0 | 1): void {
    const said = this.toward[end].shift();
    if (said !== undefined) this.rows[end] = hearLink(this.rows[end], said, end === 0);
  }

  settle(): void {
    while (this.toward.some(({ length }) => length > 0)) {
      this.deliver(0);
      this.deliver(1);
    }
  }

  get isLinked(): readonly boolean[] {
    return this.rows.map((row) => row?.isLinked ?? false);
  }
}

const step = fc.tuple(fc.constantFrom(0, 1), fc.constantFrom('link', 'unlink', 'deliver'));

test('whatever crosses on the way, both ends agree in the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const pair = new Pair();
      for (const [at, what] of steps) {
        const end = at === 0 ? 0 : 1;
        if (what === 'deliver') pair.deliver(end);
        else pair.set(end, what === 'link');
      }
      pair.settle();
      expect(pair.isLinked[0]).toBe(pair.isLinked[1]);
    }),
    { numRuns: 20_000 },
  );
});

test('one link, heard, stands at both ends; one unlink, heard, at none', () => {
  const pair = new Pair();
  pair.set(0, true);
  pair.settle();
  expect(pair.isLinked).toEqual([true, true]);
  pair.set(1, false);
  pair.settle();
  expect(pair.isLinked).toEqual([false, false]);
});

test('a request to link that was under way does not undo a later unlink', () => {
  const pair = new Pair();
  pair.set(0, true);
  pair.set(1, true);
  pair.set(1, false);
  pair.settle();
  expect(pair.isLinked).toEqual([false, false]);
});

test('the last word of one end stands when the other says nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), (wishes) => {
      const pair = new Pair();
      for (const wish of wishes) pair.set(0, wish);
      pair.settle();
      expect(pair.isLinked).toEqual([wishes.at(-1), wishes.at(-1)]);
    }),
  );
});
