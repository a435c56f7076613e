/**
 * Examines one random module, and holds what it paid against what it did.
 */

import { endsByItself, scenarioOf } from './compare.ts';
import { examine } from './examine.ts';
import { observe } from './observe.ts';
import { createRandom } from './random.ts';
import { makeRandomModule } from './random-module.ts';

export interface RandomExamination {
  readonly complaints: readonly string[];
  /** Calls that came to the same end before and after hardening. */
  readonly compared: number;
  readonly fuelUsed: readonly number[];
}

/** The host takes so much that whoever overlooks it is found out. */
const OPTIONS = { fuel: 1_000_000, hostFuel: 600 } as const;

/** What the global that counts holds before it has counted anything. */
const COST_BEFORE = 5;

export function examineRandomModule(seed: number): RandomExamination {
  const { plain, counted, calls } = makeRandomModule(createRandom(seed));
  if (!WebAssembly.validate(plain)) return complain('the generator made an invalid module');
  const options = { ...OPTIONS, seed };
  const examination = examine(plain, { calls: () => calls, options });
  if (examination.verdict !== 'accepted') return complain(`the module was ${examination.verdict}`);
  const { comparison, complaints, module } = examination;
  const { compared, hardened } = comparison;
  if (hardened === undefined) return complain('the module could not be instantiated');
  const result = { compared, fuelUsed: hardened.fuelUsed };
  if (!hardened.outcomes.every(endsByItself)) return { ...result, complaints };

  const scenario = scenarioOf(module, calls, options);
  const cost = costOf(observe(new WebAssembly.Module(counted), scenario));
  const used = hardened.fuelUsed.reduce((sum, fuel) => sum + fuel, 0) - hardened.fuelTakenByHost;
  if (cost === undefined || used >= cost) return { ...result, complaints };
  return { ...result, complaints: [...complaints, `it paid ${used}, and did work for ${cost}`] };
}

function costOf(observation: ReturnType<typeof observe>): number | undefined {
  if (typeof observation === 'string') return undefined;
  return Number(observation.globals.cost?.replace('n', '')) - COST_BEFORE;
}

function complain(what: string): RandomExamination {
  return { complaints: [what], compared: 0, fuelUsed: [] };
}
