/**
 * Random modules that use all that hardening supports. The same ones in every run; as many as one
 * likes, with a seed of one's own, by `npm run test:wasm-spec`.
 */

import { describe, expect, test } from 'vitest';
import { hardenModule } from '../../src/wasm-hardening/harden.ts';
import { examineRandomModule } from './support/examine-random-module.ts';
import { OPEN_POLICY } from './support/hardened.ts';
import { createRandom } from './support/random.ts';
import { makeRandomModule } from './support/random-module.ts';

const MODULES = 40;
const SEED = 20_261_122;

describe('a random module', () => {
  test('does what it did before, and pays for all of it', () => {
    let compared = 0;
    for (let index = 0; index < MODULES; index++) {
      const examination = examineRandomModule(SEED + index);
      const { complaints } = examination;
      expect({ index, complaints }).toEqual({ index, complaints: [] });
      compared += examination.compared;
    }
    expect(compared).toBeGreaterThan(MODULES);
  });

  test('gives the same bytes again, and takes the same fuel again', () => {
    for (let index = 0; index < 6; index++) {
      const { plain } = makeRandomModule(createRandom(SEED + index));
      expect(hardenModule(plain, OPEN_POLICY)).toEqual(hardenModule(plain, OPEN_POLICY));
      const again = () => examineRandomModule(SEED + index).fuelUsed;
      expect(again()).toEqual(again());
    }
  });
});
