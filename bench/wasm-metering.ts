/**
 * What metering costs: the same work by one module as it was uploaded and hardened, in turns.
 * Prints one JSON line.
 *
 *   npx node bench/wasm-metering.ts [samples]
 *
 * The work is that of plugins (`kernels/assembly`), compiled as the example plugins are. `mix` is
 * the mean over hashing, sorting, tokenizing, writing text, joining strings and computing, each
 * with the same share; `tightest` the worst of three loops that do next to nothing. A sample of
 * one form is always compared to that of the other which ran beside it, so that whatever else the
 * machine does meets both; the median of these ratios is what counts.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from 'assemblyscript/asc';
import { hardenModule } from '../src/wasm-hardening/harden.ts';
import { DEFAULT_HARDENING_POLICY } from '../src/wasm-hardening/hardening-policy.ts';
import { FUEL_EXPORT, START_EXPORT } from '../src/wasm-hardening/reserved-exports.ts';
import { digits } from './figures.ts';

const SAMPLES = Number(process.argv[2] ?? 60);
const SAMPLE_MS = 4;
/** Until the engine has compiled everything as well as it can. */
const WARM_UP_MS = 400;
const TARGETS = { mix: 1.1, tightest: 1.6 };

const MIX = ['hash', 'sort', 'tokenize', 'write', 'joinStrings', 'compute'] as const;
const TIGHT = ['tightState', 'tightBytes', 'tightCount'] as const;
type Kernel = (typeof MIX)[number] | (typeof TIGHT)[number];

const upload = await compile();
const hardened = hardenModule(upload, DEFAULT_HARDENING_POLICY);
if (!hardened.ok) throw new Error(hardened.error.message);
const plain = new WebAssembly.Module(upload);
const metered = new WebAssembly.Module(hardened.value.bytes);

const mix = Object.fromEntries(MIX.map((kernel) => [kernel, measure(kernel)]));
const tight = Object.fromEntries(TIGHT.map((kernel) => [kernel, measure(kernel)]));
const mixRatio = digits(Object.values(mix).reduce((sum, ratio) => sum + ratio, 0) / MIX.length, 3);
const tightest = Math.max(...Object.values(tight));
console.log(
  JSON.stringify({
    bench: 'wasm-metering',
    mix: mixRatio,
    tightest,
    ratios: { ...mix, ...tight },
    bytes: { upload: upload.length, hardened: hardened.value.bytes.length },
    targets: TARGETS,
    holds: mixRatio <= TARGETS.mix && tightest <= TARGETS.tightest,
  }),
);

async function compile(): Promise<Uint8Array<ArrayBuffer>> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const outFile = join(folder, 'kernels.wasm');
  const source = join(import.meta.dirname, 'kernels/assembly/index.ts');
  const baseDir = join(import.meta.dirname, '..');
  const options = ['--outFile', outFile, '--optimizeLevel', '3', '--runtime', 'stub'];
  try {
    const { error, stderr } = await main([source, ...options, '--baseDir', baseDir]);
    if (error !== null) throw new Error(`Cannot compile the kernels:\n${stderr.toString()}`);
    return Uint8Array.from(readFileSync(outFile));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds that so many rounds take in a fresh instance, as each call of a plugin has one. */
function time(module: WebAssembly.Module, kernel: Kernel, rounds: number): number {
  const { exports } = new WebAssembly.Instance(module, { env: { abort } });
  const fuel = exports[FUEL_EXPORT];
  if (fuel instanceof WebAssembly.Global) fuel.value = 1n << 60n;
  const call = exports as Record<string, (rounds?: number) => number>;
  call[START_EXPORT]?.();
  call.prepare?.();
  const before = performance.now();
  call[kernel]?.(rounds);
  return performance.now() - before;
}

function abort(): never {
  throw new Error('Cannot measure: a kernel has trapped');
}

function measure(kernel: Kernel): number {
  const forms = [plain, metered];
  for (const form of forms) {
    const endsAt = performance.now() + WARM_UP_MS;
    while (performance.now() < endsAt) time(form, kernel, 1);
  }
  let rounds = 1;
  while (time(plain, kernel, rounds) < SAMPLE_MS) rounds = Math.ceil(rounds * 1.5);
  const ratios = Array.from({ length: SAMPLES }, (_, sample) => {
    const isPlainFirst = sample % 2 === 0;
    const [first, second] = (isPlainFirst ? forms : [metered, plain]).map((form) =>
      time(form, kernel, rounds),
    );
    return isPlainFirst ? second! / first! : first! / second!;
  });
  return digits(ratios.sort((a, b) => a - b)[SAMPLES >> 1]!, 3);
}
