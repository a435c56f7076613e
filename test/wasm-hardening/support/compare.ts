/**
 * Runs an upload before and after hardening, and complains about every difference.
 */

import type { HardenedModule } from '../../../src/wasm-hardening/harden.ts';
import {
  type Call,
  EXHAUSTED,
  firstCalls,
  type Observation,
  observe,
  type Scenario,
  STACK_OVERFLOW,
} from './observe.ts';

export interface Comparison {
  readonly complaints: readonly string[];
  /** Calls that came to the same end in both. */
  readonly compared: number;
  /** Nothing if the module could not be instantiated. */
  readonly hardened: Observation | undefined;
}

export function scenarioOf(
  { imports }: Pick<HardenedModule, 'imports'>,
  calls: readonly Call[],
  options: Partial<Pick<Scenario, 'fuel' | 'seed' | 'hostFuel'>> = {},
): Scenario {
  return { imports, calls, fuel: 100_000, hostFuel: 0, seed: 1, ...options };
}

/**
 * The hardened module runs first: as far as its fuel reaches, the original ends by itself too, so
 * that it can be run without any bound.
 */
export function compareWithOriginal(
  upload: Uint8Array<ArrayBuffer>,
  { bytes }: HardenedModule,
  scenario: Scenario,
): Comparison {
  const hardened = observe(new WebAssembly.Module(bytes), scenario);
  if (typeof hardened === 'string') return compareFailures(upload, scenario, hardened);
  if (hardened.start !== undefined && !endsByItself(hardened.start))
    return { complaints: [], compared: 0, hardened };
  const ended = hardened.outcomes.filter(endsByItself);
  const original = observe(new WebAssembly.Module(upload), firstCalls(scenario, ended.length));
  if (typeof original === 'string') return compareStarts(original, hardened);

  const complaints = ended.flatMap((outcome, index) =>
    outcome === original.outcomes[index]
      ? []
      : [`call ${index}: ${original.outcomes[index]}, hardened ${outcome}`],
  );
  const isWhole = ended.length === hardened.outcomes.length;
  if (isWhole && stateOf(original) !== stateOf(hardened))
    complaints.push('memory, globals or what the host was told are not the same');
  return {
    complaints: [...complaints, ...oddFuel(hardened)],
    compared: ended.length - complaints.length,
    hardened,
  };
}

/** What did not end by itself may well never end in the original. */
export function endsByItself(outcome: string): boolean {
  return outcome !== EXHAUSTED && outcome !== STACK_OVERFLOW;
}

/** The original fails where the hardened module did: before its start function. */
function compareFailures(
  upload: Uint8Array<ArrayBuffer>,
  scenario: Scenario,
  hardened: string,
): Comparison {
  const original = observe(new WebAssembly.Module(upload), firstCalls(scenario, 0));
  const isSame = original === hardened;
  return {
    complaints: isSame ? [] : [`instantiation: ${JSON.stringify(original)}, hardened ${hardened}`],
    compared: isSame ? 1 : 0,
    hardened: undefined,
  };
}

function compareStarts(original: string, hardened: Observation): Comparison {
  const isSame = original === hardened.start;
  return {
    complaints: isSame ? [] : [`start: ${original}, hardened ${hardened.start}`],
    compared: isSame ? 1 : 0,
    hardened,
  };
}

const stateOf = ({ state, globals }: Observation) => JSON.stringify({ state, globals });

function oddFuel({ fuelUsed, outcomes }: Observation): readonly string[] {
  return fuelUsed
    .filter((used, index) => used <= 0 && !outcomes[index]?.startsWith('not called'))
    .map((used) => `a call took ${used} fuel`);
}
