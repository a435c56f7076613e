/**
 * The whole proof of hardening. Takes some minutes, and ends with 1 if anything does not hold.
 *
 *   npm run test:wasm-spec -- [--seed N] [--rounds N] [--without-suite]
 *
 * `--seed` repeats a run, `--rounds` sets how many random modules are tried. The specification
 * suite is fetched once, or taken from the folders that WASM_SPEC_SUITE names.
 */

import { parseArgs } from 'node:util';
import { proveEngines } from './engines-part.ts';
import { proveMutations, proveRandomModules } from './random-part.ts';
import { findRealModules } from './real-modules.ts';
import { proveRealModules } from './real-part.ts';
import { type Effort, print, type Report } from './report.ts';
import { findSuites, MissingSuite, proveSuite, type Suite } from './spec-part.ts';

const DEFAULT_ROUNDS = 4_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
    'without-suite': { type: 'boolean', default: false },
  },
});

const rounds = readCount('--rounds', values.rounds);
const effort: Effort = {
  seed: values.seed === undefined ? Date.now() % 2 ** 31 : readCount('--seed', values.seed),
  randomModules: rounds,
  mutations: 10 * rounds,
  modulesInBothEngines: Math.min(300, rounds),
};
console.log(`seed ${effort.seed}, ${rounds} rounds`);

// Asked for first, so that nobody waits for minutes to read that it is missing.
const suites = values['without-suite'] ? [] : suitesOrExit();
const modules = findRealModules();
const parts: (() => Report | Promise<Report>)[] = [
  () => proveRandomModules(effort),
  () => proveMutations(effort),
  () => proveRealModules(modules, effort),
  () => proveEngines(modules, effort),
  ...suites.map((suite) => () => proveSuite(suite)),
];
let failed = 0;
for (const prove of parts) {
  const report = await prove();
  print(report);
  if (report.complaints.length > 0) failed += 1;
}
if (values['without-suite'])
  console.log('\nThe specification suite was left out, as was asked for.');
console.log(
  failed === 0 ? '\nAll of it holds.' : `\n${failed} of ${parts.length} parts do not hold.`,
);
process.exitCode = failed === 0 ? 0 : 1;

function suitesOrExit(): readonly Suite[] {
  try {
    return findSuites(process.env.WASM_SPEC_SUITE);
  } catch (thrown) {
    console.error(thrown instanceof MissingSuite ? thrown.message : thrown);
    process.exit(1);
  }
}

function readCount(what: string, text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new Error(`Cannot run: ${what} "${text}" must be a positive integer`);
}
