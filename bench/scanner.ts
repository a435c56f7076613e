/**
 * How fast the scanner is, and how much faster than its rules as regular expressions one by one, on the
 * same text in the same run. Prints one JSON line.
 *
 *   npx node bench/scanner.ts
 *
 * The text is this project's own: sources, documentation, and the lock file, over and over. The naive
 * way gets 1 MB, since it needs seconds for that; the scanner 1, 3 and 10 MB, of which the time for a
 * megabyte says whether it is linear. `shortMicros` is what a turn's message of 200 characters costs,
 * `knownMsPerMegabyte` what a megabyte costs in a workspace that has secrets.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FindingKind } from '../src/core/scan/finding.ts';
import { compileKnownValues } from '../src/core/scan/known-values.ts';
import { scanText } from '../src/core/scan/scan-text.ts';
import { createNaiveRules } from './scanner/naive-rules.ts';

const ROOT = join(import.meta.dirname, '..');
const MEGABYTE = 1_000_000;
const SIZES = [1, 3, 10];
const SAMPLES = 5;
/** Code units taken of each file, so that every kind is in the first megabyte. */
const SHARE = 3_000;
const SHORT_CALLS = 20_000;
/** Values in the workspace's vault, each of so many hexadecimal digits. */
const KNOWN_VALUES = 20;
const KNOWN_DIGITS = 40;
const TARGET_TIMES = 20;
/** How much dearer a megabyte may be in the longest text than in the shortest. */
const TARGET_LINEAR = 1.5;

/** What is on by default. */
const KINDS: readonly FindingKind[] = ['injection', 'secret', 'known'];
const text = readCorpus(Math.max(...SIZES) * MEGABYTE);
const firstMs = timeOf(() => scanText(text.slice(0, 200), { kinds: KINDS }));

const msPerMegabyte = SIZES.map((size) => {
  const part = flat(text.slice(0, size * MEGABYTE));
  return bestOf(SAMPLES, () => scanText(part, { kinds: KINDS })) / size;
});
const naiveMs = measureNaive(flat(text.slice(0, MEGABYTE)));
const shortMicros = measureShort();
const knownMs = measureKnown(flat(text.slice(0, MEGABYTE)));

const [first = 0] = msPerMegabyte;
const timesFaster = naiveMs / first;
const linearity = Math.max(...msPerMegabyte) / first;
const isMet = timesFaster >= TARGET_TIMES && linearity <= TARGET_LINEAR;
console.log(
  JSON.stringify({
    bench: 'scanner',
    megabytes: SIZES,
    msPerMegabyte: msPerMegabyte.map(digits),
    naiveMsPerMegabyte: digits(naiveMs),
    rules: createNaiveRules().length,
    knownMsPerMegabyte: digits(knownMs),
    timesFaster: digits(timesFaster),
    linearity: digits(linearity),
    firstMs: digits(firstMs),
    shortMicros: digits(shortMicros),
    targets: { timesFaster: TARGET_TIMES, linearity: TARGET_LINEAR },
    isMet,
  }),
);
if (!isMet) process.exitCode = 1;

function measureNaive(part: string): number {
  const rules = createNaiveRules();
  let found = 0;
  return bestOf(2, () => {
    for (const rule of rules) for (const _ of part.matchAll(rule)) found++;
    return found;
  });
}

function measureKnown(part: string): number {
  const known = compileKnownValues(
    Array.from({ length: KNOWN_VALUES }, (_, at) => ({
      name: `value-${at}`,
      value: createHash('sha256').update(`${at}`).digest('hex').slice(0, KNOWN_DIGITS),
    })),
  );
  return bestOf(SAMPLES, () => scanText(part, { kinds: KINDS, known }));
}

function measureShort(): number {
  const texts = Array.from({ length: 50 }, (_, at) => flat(text.slice(at * 999, at * 999 + 200)));
  const run = () => {
    for (let call = 0; call < SHORT_CALLS; call++) {
      scanText(texts[call % texts.length] ?? '', { kinds: KINDS });
    }
  };
  run();
  return (timeOf(run) * 1_000) / SHORT_CALLS;
}

function bestOf(samples: number, run: () => unknown): number {
  run();
  return Math.min(...Array.from({ length: samples }, () => timeOf(run)));
}

function timeOf(run: () => unknown): number {
  const startedAt = performance.now();
  run();
  return performance.now() - startedAt;
}

function readCorpus(length: number): string {
  const names = ['src', 'docs', 'worker-plugins'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|md|json)$/.test(name))
      .map((name) => join(folder, name)),
  );
  const files = ['README.md', 'package-lock.json', ...names.sort()];
  const whole = files.map((name) => readFileSync(join(ROOT, name), 'utf8'));
  const mixed = whole
    .flatMap((file) => file.slice(0, SHARE))
    .join('\n')
    .slice(0, MEGABYTE);
  return flat(mixed.repeat(Math.ceil(length / mixed.length)).slice(0, length));
}

/** A text in one piece, as it comes out of a request. */
function flat(parts: string): string {
  return Buffer.from(parts, 'utf16le').toString('utf16le');
}

function digits(value: number): number {
  return Number(value.toPrecision(3));
}
