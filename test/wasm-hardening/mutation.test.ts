/**
 * Thousands of broken modules, the same ones in every run.
 *
 * Hardening must answer each of them, and what it lets through must be valid, must keep its hands
 * off the fuel counter, must have paid for all that it does, and must end as the original does.
 */

import { describe, expect, test } from 'vitest';
import { examine, someCalls } from './support/examine.ts';
import { mutate } from './support/mutate.ts';
import { PROGRAMS } from './support/programs.ts';
import { createRandom } from './support/random.ts';
import { assemble } from './support/wat.ts';

const ROUNDS_PER_PROGRAM = 250;
const FUEL = 20_000;

describe('a broken module', () => {
  test.each(Object.entries(PROGRAMS))('is answered, whatever it was: %s', (title, { wat }) => {
    const original = assemble(wat);
    const random = createRandom(title.length * 7919 + original.length);
    let accepted = 0;
    for (let round = 0; round < ROUNDS_PER_PROGRAM; round++) {
      const trial = { calls: someCalls(random, 1), options: { fuel: FUEL, hostFuel: 1 } };
      const { verdict, complaints } = examine(mutate(original, random), trial);
      expect({ round, complaints }).toEqual({ round, complaints: [] });
      if (verdict === 'accepted') accepted += 1;
    }
    expect(accepted).toBeGreaterThan(ROUNDS_PER_PROGRAM / 50);
  });
});
