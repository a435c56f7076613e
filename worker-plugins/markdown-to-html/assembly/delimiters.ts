/**
 * Emphasis, by the rules of CommonMark 0.31 ("process emphasis"): runs of `*` and `_` are noted as
 * they come, and matched when it is known what they may belong to.
 *
 * Runs that are used up or can match nothing leave the chain, so the work stays linear.
 */

/** A run of `*` or `_`. */
export class Delimiter {
  /** Tags before and after the signs that are left over. */
  private closing: string = "";
  private opening: string = "";
  previous: Delimiter | null = null;
  next: Delimiter | null = null;

  constructor(
    /** Where its text stands among the parts of the line. */
    public part: i32,
    public sign: i32,
    public length: i32,
    public canOpen: bool,
    public canClose: bool,
  ) {
    this.left = length;
  }

  /** Signs that are not used yet. */
  left: i32;

  /** Uses up one sign or two: for `em`, or for `strong`. */
  open(signs: i32): void {
    this.opening = concat(signs == 2 ? "<strong>" : "<em>", this.opening);
    this.left -= signs;
  }

  close(signs: i32): void {
    this.closing = concat(this.closing, signs == 2 ? "</strong>" : "</em>");
    this.left -= signs;
  }

  text(): string {
    const signs = this.left == 0 ? "" : String.fromCharCode(this.sign).repeat(this.left);
    return concat(concat(this.closing, signs), this.opening);
  }
}

export class DelimiterChain {
  last: Delimiter | null = null;

  add(delimiter: Delimiter): void {
    const last = this.last;
    delimiter.previous = last;
    if (last !== null) last.next = delimiter;
    this.last = delimiter;
  }

  /** Matches all runs behind `bottom`, writes their texts into `parts`, and drops them. */
  resolve(bottom: Delimiter | null, parts: string[]): void {
    const floor = bottom === null ? -1 : bottom.part;
    /** By kind of closer: the runs up to here match none of its kind. */
    const floors = new StaticArray<i32>(KINDS);
    for (let kind = 0; kind < KINDS; kind++) floors[kind] = floor;
    let closer = firstBehind(this.last, floor);
    while (closer !== null) {
      const opener = closer.canClose && closer.left > 0 ? findOpener(closer, floors[kindOf(closer)]) : null;
      if (opener !== null) {
        match(opener, closer);
        this.dropBetween(opener, closer, parts);
        continue;
      }
      const before = closer.previous;
      if (closer.canClose && closer.left > 0) floors[kindOf(closer)] = before === null ? -1 : before.part;
      closer = closer.next;
    }
    this.dropBehind(floor, parts);
  }

  private dropBetween(opener: Delimiter, closer: Delimiter, parts: string[]): void {
    let inner = opener.next;
    while (inner !== null && inner != closer) {
      parts[inner.part] = inner.text();
      inner = inner.next;
    }
    opener.next = closer;
    closer.previous = opener;
    if (opener.left > 0) return;
    parts[opener.part] = opener.text();
    closer.previous = opener.previous;
    const before = opener.previous;
    if (before !== null) before.next = closer;
  }

  private dropBehind(floor: i32, parts: string[]): void {
    let run = this.last;
    while (run !== null && run.part > floor) {
      parts[run.part] = run.text();
      run = run.previous;
    }
    this.last = run;
    if (run !== null) run.next = null;
  }
}

function firstBehind(last: Delimiter | null, floor: i32): Delimiter | null {
  let found: Delimiter | null = null;
  let run = last;
  while (run !== null && run.part > floor) {
    found = run;
    run = run.previous;
  }
  return found;
}

/** How many {@link kindOf} tells apart. */
const KINDS: i32 = 12;

/** What of a closer decides whether an opener fits. */
function kindOf(closer: Delimiter): i32 {
  return (closer.sign == 0x2a ? 0 : 6) + (closer.canOpen ? 3 : 0) + (closer.length % 3);
}

function findOpener(closer: Delimiter, floor: i32): Delimiter | null {
  let run = closer.previous;
  while (run !== null && run.part > floor) {
    if (run.sign == closer.sign && run.canOpen && run.left > 0 && fits(run, closer)) return run;
    run = run.previous;
  }
  return null;
}

/** The rule of three, which keeps `*a**b*` one emphasis. */
function fits(opener: Delimiter, closer: Delimiter): bool {
  if (!opener.canClose && !closer.canOpen) return true;
  const isMultiple = (opener.length + closer.length) % 3 == 0;
  return !isMultiple || (opener.length % 3 == 0 && closer.length % 3 == 0);
}

function match(opener: Delimiter, closer: Delimiter): void {
  const signs = opener.left >= 2 && closer.left >= 2 ? 2 : 1;
  opener.open(signs);
  closer.close(signs);
}

/** Nothing is ever freed, so what need not be made is not. */
function concat(a: string, b: string): string {
  if (a.length == 0) return b;
  return b.length == 0 ? a : a + b;
}
