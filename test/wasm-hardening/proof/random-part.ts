/**
 * Random modules and broken modules, as many as one likes.
 */

import { examine, someCalls } from '../support/examine.ts';
import { examineRandomModule } from '../support/examine-random-module.ts';
import { mutate } from '../support/mutate.ts';
import { PROGRAMS } from '../support/programs.ts';
import { createRandom } from '../support/random.ts';
import { makeRandomModule } from '../support/random-module.ts';
import { assemble } from '../support/wat.ts';
import { counted, type Effort, type Report } from './report.ts';

/** Seeds of neighbouring modules lie this far apart, so that seeds may be counted up. */
const SEED_STEP = 7_919;

export function proveRandomModules({ seed, randomModules }: Effort): Report {
  const complaints: string[] = [];
  let compared = 0;
  for (let index = 0; index < randomModules; index++) {
    const moduleSeed = seed + index * SEED_STEP;
    const examination = examineRandomModule(moduleSeed);
    compared += examination.compared;
    complaints.push(...examination.complaints.map((what) => `seed ${moduleSeed}: ${what}`));
  }
  return {
    title: 'random modules do what they did, and pay for all that they do',
    lines: [
      counted(randomModules, 'modules, each proven to run nothing unpaid'),
      counted(compared, 'calls that came to the same end'),
    ],
    complaints,
  };
}

/** An export may be a function of the host, which takes fuel itself. */
const OPTIONS = { fuel: 20_000, hostFuel: 1 } as const;

/** Breaks our own programs, and random modules too. */
export function proveMutations({ seed, mutations }: Effort): Report {
  const random = createRandom(seed);
  const programs = Object.values(PROGRAMS).map(({ wat }) => assemble(wat));
  const complaints: string[] = [];
  const verdicts = { refused: 0, invalid: 0, accepted: 0 };
  let compared = 0;
  for (let round = 0; round < mutations; round++) {
    const original = random.percent(70) ? random.pick(programs) : makeRandomModule(random).plain;
    const trial = { calls: someCalls(random, 2), options: { ...OPTIONS, seed: round } };
    const examination = examine(mutate(original, random), trial);
    verdicts[examination.verdict] += 1;
    if (examination.verdict === 'accepted') compared += examination.comparison.compared;
    complaints.push(...examination.complaints.map((what) => `round ${round}: ${what}`));
  }
  return {
    title: 'broken modules are answered, and run as they are or not at all',
    lines: [
      counted(verdicts.refused, 'refused by hardening'),
      counted(verdicts.invalid, 'refused by the engine only'),
      counted(verdicts.accepted, 'still valid, hardened and run'),
      counted(compared, 'calls that came to the same end'),
    ],
    complaints,
  };
}
