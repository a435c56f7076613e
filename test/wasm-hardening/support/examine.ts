/**
 * Everything that must hold for any bytes that somebody uploads.
 */

import { type HardenedModule, hardenModule } from '../../../src/wasm-hardening/harden.ts';
import type { HardeningPolicy } from '../../../src/wasm-hardening/hardening-policy.ts';
import { RESERVED_PREFIX } from '../../../src/wasm-hardening/reserved-exports.ts';
import { type Comparison, compareWithOriginal, scenarioOf } from './compare.ts';
import { foreignUsesOfFuel } from './fuel-uses.ts';
import { OPEN_POLICY } from './hardened.ts';
import type { Call, Scenario } from './observe.ts';
import type { Random } from './random.ts';
import { unpaidIn } from './verify-payment.ts';

export type Examination =
  | {
      readonly verdict: 'refused';
      readonly message: string;
      readonly complaints: readonly string[];
    }
  | { readonly verdict: 'invalid'; readonly complaints: readonly string[] }
  | {
      readonly verdict: 'accepted';
      readonly module: HardenedModule;
      readonly comparison: Comparison;
      readonly complaints: readonly string[];
    };

export interface Trial {
  readonly calls: (module: HardenedModule) => readonly Call[];
  readonly options?: Partial<Pick<Scenario, 'fuel' | 'seed' | 'hostFuel'>>;
  readonly policy?: HardeningPolicy;
}

export function examine(upload: Uint8Array<ArrayBuffer>, trial: Trial): Examination {
  const { policy = OPEN_POLICY } = trial;
  const hardened = hardenModule(upload, policy);
  const isValid = WebAssembly.validate(upload);
  if (!hardened.ok) {
    const { code, message } = hardened.error;
    const complaints = code === 'wasm_rejected' ? [] : [`refused with the code ${code}`];
    return { verdict: 'refused', message, complaints };
  }
  if (!isValid) return { verdict: 'invalid', complaints: [] };
  const module = hardened.value;
  if (!WebAssembly.validate(module.bytes)) {
    const comparison = { complaints: [], compared: 0, hardened: undefined };
    return { verdict: 'accepted', module, comparison, complaints: ['the output is not valid'] };
  }
  const scenario = scenarioOf(module, trial.calls(module), trial.options);
  const comparison = compareWithOriginal(upload, module, scenario);
  const complaints = [...complaintsAbout(module), ...comparison.complaints];
  return { verdict: 'accepted', module, comparison, complaints };
}

function complaintsAbout(module: HardenedModule): readonly string[] {
  const reserved = module.exports.filter(({ name }) => name.startsWith(RESERVED_PREFIX));
  return [
    ...foreignUsesOfFuel(module),
    ...unpaidIn(module),
    ...reserved.map(({ name }) => `the export ${name} is described as the author's`),
  ];
}

/** So many calls of each exported function, with values of the right types. */
export function someCalls(random: Random, each: number): Trial['calls'] {
  return ({ exports }) =>
    exports.flatMap(({ name, kind, type = '' }) => {
      const parameters = /^\((.*)\)->/.exec(type)?.[1] ?? '';
      const types = parameters === '' ? [] : parameters.split(',');
      if (kind !== 'function') return [];
      return Array.from({ length: each }, () => {
        return { name, values: types.map((parameter) => someValue(parameter, random)) };
      });
    });
}

function someValue(type: string, random: Random): string {
  if (type.endsWith('ref')) return 'ref null';
  const number = random.pick(['0', '1', '2', '3', '7', '16', '100', '1024', '65536', '-1']);
  return type === 'v128' ? 'f64 0' : `${type} ${number}`;
}
