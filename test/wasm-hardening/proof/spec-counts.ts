/**
 * What came of the specification suite, in numbers.
 */

import { counted } from './report.ts';
import { UnreadableScript } from './s-expression.ts';

const COUNTERS = {
  hardened: 'modules hardened',
  results: 'results as the original',
  traps: 'traps as the original',
  invalid: 'invalid modules, refused since the engine refuses them first',
  invalidRefusedByHardening: '… of which hardening alone would refuse',
  invalidMadeValid: '… of which hardening alone would make valid ones',
  invalidText: 'malformed texts that no assembler turns into a module',
  validToEngine: 'modules that only a feature of the engine makes valid',
  notAssembled: 'modules in a syntax that no assembler here knows',
  unknownToEngine: 'modules of a feature that the engine does not have',
  notLinked: 'modules that import from one that was refused',
  ofRefusedModules: 'calls of modules that were refused',
  unasked: 'calls with values that JavaScript does not have',
} as const;

export type Counter = keyof typeof COUNTERS;

/** Scripts on annotations, which mean nothing to us and read like nothing else. */
const MOST_UNREAD = 8;

export class SpecCounts {
  private readonly differences: string[] = [];
  private readonly unread: string[] = [];
  private readonly counts = new Map<Counter, number>();
  private readonly refusals = new Map<string, number>();

  add(counter: Counter): void {
    this.counts.set(counter, this.get(counter) + 1);
  }

  get(counter: Counter): number {
    return this.counts.get(counter) ?? 0;
  }

  /** A valid module that hardening does not let in. */
  refuse(message: string): void {
    const reason = toReason(message);
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
  }

  differ(where: string, what: string): void {
    this.differences.push(`${where}: ${what}`);
  }

  /** A script in a syntax of its own, of which nothing was run from there on. */
  leaveUnread(where: string, thrown: unknown): void {
    if (!(thrown instanceof UnreadableScript)) throw thrown;
    this.unread.push(`${where}: ${thrown.message}`);
  }

  get complaints(): readonly string[] {
    const unnamed = [...this.refusals.keys()].filter((reason) => reason.startsWith('Cannot'));
    const madeValid = this.get('invalidMadeValid');
    return [
      ...this.differences.map((text) => `different: ${text}`),
      ...unnamed.map((message) => `refused without the name of a feature: ${message}`),
      ...(madeValid === 0 ? [] : [`${madeValid} invalid modules were made valid`]),
      ...(this.unread.length <= MOST_UNREAD ? [] : [`${this.unread.length} scripts were not read`]),
    ];
  }

  toLines(): readonly string[] {
    const counts = Object.entries(COUNTERS).map(([counter, what]) =>
      counted(this.get(counter as Counter), what),
    );
    const refused = [...this.refusals]
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => counted(count, `valid modules refused: ${reason}`));
    return [...counts, ...refused, ...this.unread.map((text) => `     not read: ${text}`)];
  }
}

const REASONS: readonly (readonly [RegExp, string | ((match: RegExpMatchArray) => string)])[] = [
  [/: (.+) must not be used/, ([, feature]) => feature ?? ''],
  [/must be a function, but is of kind 0x01/, 'imported table'],
  [/must be a function, but is of kind 0x02/, 'imported memory'],
  [/must be a function, but is of kind 0x03/, 'imported global'],
  [/minimum \d+ of the (memory|table) must be at most/, ([, what]) => `${what} above the limit`],
];

function toReason(message: string): string {
  for (const [pattern, name] of REASONS) {
    const match = message.match(pattern);
    if (match !== null) return typeof name === 'string' ? name : name(match);
  }
  return message;
}
