/**
 * Real modules, hardened: called at random in both forms, and used as they are meant to be used
 * where that is known.
 */

import {
  type HardeningPolicy,
  HIGHEST_LIMITS,
} from '../../../src/wasm-hardening/hardening-policy.ts';
import { examine, someCalls } from '../support/examine.ts';
import { createRandom } from '../support/random.ts';
import { KNOWN_USES, use } from './known-uses.ts';
import type { RealModule } from './real-modules.ts';
import { counted, type Effort, type Report } from './report.ts';

export const REAL_POLICY: HardeningPolicy = { ...HIGHEST_LIMITS, allowsImport: () => true };

/** There are that many in our own packages, at the least. */
const FEWEST_MODULES = 8;

export function proveRealModules(modules: readonly RealModule[], { seed }: Effort): Report {
  const results = modules.map((module) => tryModule(module, seed));
  const total = results.reduce((sum, { compared }) => sum + compared, 0);
  const enough = modules.length >= FEWEST_MODULES ? [] : [`only ${modules.length} were found`];
  return {
    title: 'real modules do what they did',
    lines: [
      counted(modules.length, 'modules of installed packages'),
      counted(total, 'calls that came to the same end'),
      ...results.map(({ line }) => line),
    ],
    complaints: [...enough, ...results.flatMap(({ complaints }) => complaints)],
  };
}

interface Tried {
  readonly line: string;
  readonly compared: number;
  readonly complaints: readonly string[];
}

function tryModule({ name, bytes }: RealModule, seed: number): Tried {
  const about = (what: string) => `${name} (${bytes.length} bytes): ${what}`;
  const trial = {
    calls: someCalls(createRandom(seed), 3),
    options: { fuel: 1_000_000, hostFuel: 1, seed },
    policy: REAL_POLICY,
  };
  const examination = examine(bytes, trial);
  const complaints = examination.complaints.map(about);
  if (examination.verdict !== 'accepted') {
    const why = examination.verdict === 'refused' ? examination.message : examination.verdict;
    return { line: about(why), compared: 0, complaints: [...complaints, about(why)] };
  }
  const { module, comparison } = examination;
  const known = KNOWN_USES.filter(({ exports }) =>
    exports.every((wanted) => module.exports.some((exported) => exported.name === wanted)),
  );
  const wrong = known.filter((way) => use(bytes, way) !== use(module.bytes, way));
  const did = [`${comparison.compared} calls`, ...known.map(({ what }) => what)].join(', ');
  return {
    line: about(did),
    compared: comparison.compared + known.length,
    complaints: [...complaints, ...wrong.map(({ what }) => about(`${what}, and not as before`))],
  };
}
