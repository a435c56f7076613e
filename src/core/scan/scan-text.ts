/**
 * Looks through a text, and through what is encoded in it, for injections, credentials, the workspace's
 * own secrets and personal data.
 *
 * The text itself is never changed: rules look at copies of it (*layers*), each with a way back to the
 * source. The first is the shadow; below it lie what escapes stand for, and what base64 and hexadecimal
 * runs hold, at most {@link MAX_DEPTH} deep. Needs time in proportion to the text.
 *
 * @module
 */

import { readBackslashes } from './backslash-readings.ts';
import { joinDump, startOfDump } from './dump-margins.ts';
import { decodeRuns, startOfWord, startOfWrapped } from './encoded-runs.ts';
import { decodeEscapes, withoutCutEscape } from './escapes.ts';
import type { Finding, FindingKind } from './finding.ts';
import { findHiddenText } from './hidden-text.ts';
import type { KnownValues } from './known-values.ts';
import { findPersonalData } from './personal-data.ts';
import type { Found, Searcher } from './rule-set.ts';
import { asItIs, type Shadow, shadowOf, through } from './shadow.ts';
import { sharedRules } from './shared-rules.ts';

/** Longest text that is looked at, in UTF-16 code units. */
export const MAX_SCANNED_CHARS = 16_777_216;

/** Layers of encoding that are looked through. */
export const MAX_DEPTH = 3;

/** Most code units in all decoded layers: so many times the text's own, and a few for short ones. */
const MAX_DECODED_FACTOR = 4;
const MIN_DECODED_UNITS = 65_536;

/** Why not all of a text could be looked at. */
export type Uninspected = 'too-long' | 'too-deep' | 'too-much';

export interface ScanReport {
  /** In the order of their beginnings. */
  readonly findings: readonly Finding[];
  /** Absent where all was looked at. */
  readonly uninspected?: Uninspected;
  /** Where that begins which was not. */
  readonly uninspectedFrom?: number;
  /** From here on, more text could make a finding, or another one. */
  readonly openFrom: number;
}

export interface ScanOptions {
  readonly kinds: readonly FindingKind[];
  /** Values of the workspace that must not be seen. */
  readonly known?: KnownValues;
}

export function scanText(source: string, options: ScanOptions): ScanReport {
  if (source.length > MAX_SCANNED_CHARS) {
    return { findings: [], uninspected: 'too-long', uninspectedFrom: 0, openFrom: 0 };
  }
  return new Scan(source, options).run();
}

/** A layer and how deep it lies: 0 is the shadow. */
interface Layer extends Shadow {
  /** What it is the shadow of. */
  readonly read: Shadow;
  readonly depth: number;
  /** Whether more text would make it longer, too: what a run holds ends where the run does. */
  readonly isWhole: boolean;
}

class Scan {
  readonly #source: string;
  readonly #kinds: ReadonlySet<FindingKind>;
  readonly #known: readonly Searcher[];
  readonly #found: Finding[] = [];
  #openFrom: number;
  #unitsLeft: number;
  #uninspected: Required<Pick<ScanReport, 'uninspected' | 'uninspectedFrom'>> | undefined;

  constructor(source: string, { kinds, known }: ScanOptions) {
    this.#source = source;
    this.#kinds = new Set(kinds);
    this.#known = this.#kinds.has('known') ? (known?.searchers ?? []) : [];
    this.#openFrom = source.length;
    this.#unitsLeft = Math.max(MIN_DECODED_UNITS, source.length * MAX_DECODED_FACTOR);
  }

  run(): ScanReport {
    if (this.#kinds.has('injection')) {
      const hidden = findHiddenText(this.#source);
      this.#found.push(...hidden.findings);
      this.#openFrom = hidden.openFrom;
    }
    const outermost = toLayer(asItIs(this.#source), { depth: 0, isWhole: true });
    const layers: Layer[] = [outermost];
    for (const layer of layers) {
      this.#search(layer, (at, found) => this.#take(at, found));
      for (const inner of innerLayers(layer)) {
        this.#unitsLeft -= inner.text.length;
        if (inner.depth > MAX_DEPTH) this.#leave(inner, 'too-deep');
        else if (this.#unitsLeft < 0) this.#leave(inner, 'too-much');
        else layers.push(inner);
      }
    }
    for (const layer of layersBeforeCut(outermost)) {
      this.#search(layer, (at, { openFrom }) => this.#hold(at, openFrom));
    }
    return {
      findings: withoutRepeats(this.#found),
      openFrom: this.#openFrom,
      ...this.#uninspected,
    };
  }

  #leave({ text, toSource }: Layer, uninspected: Uninspected): void {
    const { start } = toSource({ start: 0, end: text.length });
    const uninspectedFrom = Math.min(start, this.#uninspected?.uninspectedFrom ?? start);
    this.#uninspected = { uninspected, uninspectedFrom };
  }

  #search(layer: Layer, take: (at: Layer, found: Found) => void): void {
    const { text } = layer;
    if (this.#kinds.has('personal')) take(layer, findPersonalData(text));
    for (const rules of sharedRules(this.#kinds, text)) {
      take(layer, rules.search(text, this.#kinds));
    }
    if (this.#known.length === 0) return;
    for (const reading of [layer, ...readingsOf(layer)]) {
      for (const rules of this.#known) take(reading, rules.search(reading.text, this.#kinds));
    }
  }

  #take(layer: Layer, { findings, openFrom }: Found): void {
    for (const finding of findings) this.#found.push({ ...finding, ...layer.toSource(finding) });
    if (layer.isWhole) this.#hold(layer, openFrom);
  }

  #hold({ text, toSource }: Layer, openFrom: number): void {
    const from = Math.min(startOfWord(text, openFrom), startOfWrapped(text), startOfDump(text));
    if (from >= text.length) return;
    this.#openFrom = Math.min(this.#openFrom, toSource({ start: from, end: text.length }).start);
  }
}

/** The layer of what was read, by whatever way it has back to the source. */
function toLayer(read: Shadow, { depth, isWhole }: Pick<Layer, 'depth' | 'isWhole'>): Layer {
  return { ...through(read, shadowOf(read.text)), read, depth, isWhole };
}

/** What else a layer may say, for values that may have backslashes of their own. */
function* readingsOf(layer: Layer): Generator<Layer> {
  const { read } = layer;
  if (!read.text.includes('\\')) return;
  const whole = withoutCutEscape(read.text);
  // An escape that is cut off must not hide what it goes on with, also where it is the first.
  const decoded = decodeEscapes(whole) ?? (whole === read.text ? undefined : asItIs(whole));
  for (const each of decoded === undefined ? [read] : [read, through(read, decoded)]) {
    for (const reading of readBackslashes(each.text)) yield { ...layer, ...through(each, reading) };
  }
}

/**
 * The layers as they were before the last character of one was written: until it is whole, an escape
 * is not what it stands for, and what it goes on with would not be seen.
 */
function* layersBeforeCut(outermost: Layer): Generator<Layer> {
  let isCut = false;
  for (let layer: Layer | undefined = outermost; layer; layer = escapedLayer(layer)) {
    if (layer.depth > MAX_DEPTH) return;
    const text = withoutCutEscape(layer.text);
    isCut ||= text !== layer.text;
    layer = { ...layer, text };
    if (isCut) yield layer;
  }
}

function escapedLayer(layer: Layer): Layer | undefined {
  return decodedLayer(layer, decodeEscapes(layer.text));
}

/** A copy of the whole layer, decoded; nothing where there is nothing to decode. */
function decodedLayer(layer: Layer, decoded: Shadow | undefined): Layer | undefined {
  const { depth, isWhole } = layer;
  return decoded && toLayer(through(layer, decoded), { depth: depth + 1, isWhole });
}

/** What lies in a layer by one more decoding. */
function* innerLayers(layer: Layer): Generator<Layer> {
  const { text, toSource, depth } = layer;
  for (const copy of [escapedLayer(layer), decodedLayer(layer, joinDump(text))]) {
    if (copy !== undefined) yield copy;
  }
  for (const { start, end, text: inner } of decodeRuns(text)) {
    const whole = toSource({ start, end });
    const read = { text: inner, toSource: () => whole };
    yield toLayer(read, { depth: depth + 1, isWhole: false });
  }
}

/** One finding for each name and place: inner layers repeat most of what outer ones say. */
function withoutRepeats(found: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return found
    .filter(({ kind, name, start, end }) => {
      const key = `${kind} ${name} ${start} ${end}`;
      return start < end && !seen.has(key) && seen.add(key);
    })
    .toSorted((a, b) => a.start - b.start || b.end - a.end);
}
