/**
 * The same modules in Node and in workerd, two engines of different age: they must come to the
 * same ends for the same fuel.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorkerd } from '../../../bench/workerd.ts';
import { type HardenedModule, hardenModule } from '../../../src/wasm-hardening/harden.ts';
import { scenarioOf } from '../support/compare.ts';
import { someCalls } from '../support/examine.ts';
import {
  type Call,
  type Observation,
  observe,
  type Scenario,
  STACK_OVERFLOW,
} from '../support/observe.ts';
import { PROGRAMS } from '../support/programs.ts';
import { createRandom } from '../support/random.ts';
import { makeRandomModule } from '../support/random-module.ts';
import { assemble } from '../support/wat.ts';
import type { RealModule } from './real-modules.ts';
import { REAL_POLICY } from './real-part.ts';
import { counted, type Effort, type Report } from './report.ts';

interface Experiment {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly scenario: Scenario;
}

export async function proveEngines(
  modules: readonly RealModule[],
  effort: Effort,
): Promise<Report> {
  const experiments = [...ofPrograms(effort), ...ofRandom(effort), ...ofReal(modules, effort)];
  const here = experiments.map(({ bytes, scenario }) =>
    observe(new WebAssembly.Module(bytes), scenario),
  );
  const there = await observeInWorkerd(experiments);
  const complaints = experiments.flatMap(({ name }, index) =>
    differences(name, here[index], there[index]),
  );
  const calls = here.flatMap((observation) =>
    typeof observation === 'object' ? observation.outcomes : [],
  );
  return {
    title: 'Node and workerd agree on results, traps and fuel',
    lines: [
      counted(experiments.length, 'modules'),
      counted(calls.length, 'calls, each for the same fuel in both'),
    ],
    complaints,
  };
}

/** Where the stack ends is up to the engine, and so is what had been paid by then. */
function differences(name: string, here: Result, there: Result): readonly string[] {
  if (isStackOverflow(here) || isStackOverflow(there)) return [];
  const [a, b] = [inSameWords(here), inSameWords(there)];
  return a === b ? [] : [`${name}: ${a}, in workerd ${b}`];
}

/** Newer engines tell two traps apart that older ones call by one name. */
function inSameWords(result: Result): string {
  return JSON.stringify(result).replace(
    /trap: (?:null function or function signature mismatch|null function|function signature mismatch)/g,
    'trap: an indirect call',
  );
}

type Result = Observation | string | undefined;

function isStackOverflow(result: Result): boolean {
  return typeof result === 'object' && result.outcomes.includes(STACK_OVERFLOW);
}

function toExperiment(name: string, module: HardenedModule, calls: readonly Call[]): Experiment {
  const options = { fuel: 300_000, hostFuel: 100, seed: 7 };
  return { name, bytes: module.bytes, scenario: scenarioOf(module, calls, options) };
}

function harden(bytes: Uint8Array): HardenedModule {
  const hardened = hardenModule(bytes, REAL_POLICY);
  if (!hardened.ok) throw new Error(hardened.error.message);
  return hardened.value;
}

function ofPrograms({ seed }: Effort): readonly Experiment[] {
  return Object.entries(PROGRAMS).map(([name, { wat }]) => {
    const module = harden(assemble(wat));
    return toExperiment(name, module, someCalls(createRandom(seed), 5)(module));
  });
}

function ofRandom({ seed, modulesInBothEngines }: Effort): readonly Experiment[] {
  return Array.from({ length: modulesInBothEngines }, (_, index) => {
    const { plain, calls } = makeRandomModule(createRandom(seed + index));
    return toExperiment(`random ${seed + index}`, harden(plain), calls);
  });
}

function ofReal(modules: readonly RealModule[], { seed }: Effort): readonly Experiment[] {
  return modules.flatMap(({ name, bytes }) => {
    const hardened = hardenModule(bytes, REAL_POLICY);
    if (!hardened.ok) return [];
    const { value } = hardened;
    return [toExperiment(name, value, someCalls(createRandom(seed), 2)(value))];
  });
}

const OBSERVE = join(import.meta.dirname, '../support/observe.ts');

/** workerd compiles no bytes at run time, so the modules are bundled. */
async function observeInWorkerd(experiments: readonly Experiment[]): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-engines-'));
  try {
    for (const [index, { bytes }] of experiments.entries())
      writeFileSync(join(folder, `m${index}.wasm`), bytes);
    writeFileSync(join(folder, 'entry.ts'), toEntry(experiments.length));
    const worker = await startWorkerd({ entry: join(folder, 'entry.ts'), blocks: {} });
    try {
      const body = JSON.stringify(experiments.map(({ scenario }) => scenario));
      const response = await fetch(worker.url, { method: 'POST', body });
      return (await response.json()) as Result[];
    } finally {
      await worker.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function toEntry(count: number): string {
  const indices = Array.from({ length: count }, (_, index) => index);
  return `import { observe } from ${JSON.stringify(OBSERVE)};
${indices.map((index) => `import m${index} from './m${index}.wasm';`).join('\n')}
const MODULES = [${indices.map((index) => `m${index}`).join()}];
export default {
  async fetch(request) {
    if (request.method === 'GET') return new Response('up');
    const scenarios = await request.json();
    return Response.json(scenarios.map((scenario, index) => observe(MODULES[index], scenario)));
  },
};
`;
}
