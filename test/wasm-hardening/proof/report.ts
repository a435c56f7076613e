/**
 * What a part of the proof found: lines to be read, and whether it holds.
 */

export interface Report {
  readonly title: string;
  readonly lines: readonly string[];
  /** What must not be. Empty if the part holds. */
  readonly complaints: readonly string[];
}

/** How much is tried, and from where chance begins. */
export interface Effort {
  readonly seed: number;
  readonly randomModules: number;
  readonly mutations: number;
  readonly modulesInBothEngines: number;
}

/** Enough of them to see what is wrong. */
const MOST_COMPLAINTS = 20;

export function print({ title, lines, complaints }: Report): void {
  console.log(`\n${complaints.length === 0 ? 'holds ' : 'FAILS '} ${title}`);
  for (const line of lines) console.log(`  ${line}`);
  for (const complaint of complaints.slice(0, MOST_COMPLAINTS)) console.log(`  ! ${complaint}`);
  if (complaints.length > MOST_COMPLAINTS)
    console.log(`  ! and ${complaints.length - MOST_COMPLAINTS} more`);
}

/** A number and what it counts, below each other. */
export function counted(count: number, what: string): string {
  return `${String(count).padStart(8)}  ${what}`;
}
