/**
 * Small functions that take no fuel, because their callers pay for them.
 *
 * A charge costs more than what an accessor of two instructions does, and it keeps the engine from
 * making the accessor a part of its callers. So each direct call of such a function costs what all
 * of its instructions cost, and its body is left as it was. A function is *prepaid* only if
 *
 * - it has no loop and costs at most {@link MAX_PREPAID_FUEL}, so that its callers' regions stay
 *   bounded,
 * - it can be reached by direct calls only. Whoever else came would not pay: the host through an
 *   export, a `call_indirect` through a table,
 * - it cannot come back to itself through prepaid functions alone.
 *
 * What it does by length, and what it calls, takes fuel as everywhere.
 *
 * @module
 */

/** Most fuel that a call of a prepaid function may add to the region of its caller. */
export const MAX_PREPAID_FUEL = 64;

/** Largest body that is looked at, in bytes. */
export const MAX_PREPAID_BODY_BYTES = 256;

/** A function that meets the conditions as far as it alone can tell. */
export interface Candidate {
  readonly functionIndex: number;
  /** Without what it calls. */
  readonly ownFuel: number;
  readonly isChargedByLength: boolean;
  /** The functions that it calls, as often as it has such calls. */
  readonly callees: readonly number[];
  /** Whether it also calls through a table. */
  readonly callsIndirectly: boolean;
}

export interface Prepaid {
  /** What a direct call costs besides itself. */
  readonly fuel: number;
  /** Whether anything that it does takes fuel all the same. */
  readonly takesFuel: boolean;
}

/** By function index. Who is not in it takes fuel at its entry. */
export type PrepaidFunctions = ReadonlyMap<number, Prepaid>;

/**
 * Settles who is prepaid, from the functions that call no other candidate upwards. Those that are
 * part of a cycle, or call into one, are never settled and so take fuel themselves.
 */
export function settlePrepaid(candidates: readonly Candidate[]): PrepaidFunctions {
  const unsettled = new Map(
    candidates.map((candidate) => [candidate.functionIndex, new Unsettled(candidate)]),
  );
  for (const caller of unsettled.values()) caller.link(unsettled);
  const prepaid = new Map<number, Prepaid>();
  const ready = [...unsettled.values()].filter(({ openCalls }) => openCalls === 0);
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    const { fuel, takesFuel, functionIndex } = next;
    const settled = fuel <= MAX_PREPAID_FUEL ? { fuel, takesFuel } : undefined;
    if (settled !== undefined) prepaid.set(functionIndex, settled);
    for (const caller of next.callers) {
      caller.settleCall(settled);
      if (caller.openCalls === 0) ready.push(caller);
    }
  }
  return prepaid;
}

/** A candidate on its way. */
class Unsettled {
  readonly functionIndex: number;
  readonly callers: Unsettled[] = [];
  fuel: number;
  takesFuel: boolean;
  /** Calls of candidates that are not settled either. */
  openCalls = 0;
  private readonly callees: readonly number[];

  constructor(candidate: Candidate) {
    this.functionIndex = candidate.functionIndex;
    this.fuel = candidate.ownFuel;
    this.takesFuel = candidate.isChargedByLength || candidate.callsIndirectly;
    this.callees = candidate.callees;
  }

  link(others: ReadonlyMap<number, Unsettled>): void {
    for (const index of this.callees) {
      const callee = others.get(index);
      callee?.callers.push(this);
      if (callee === undefined) this.takesFuel = true;
      else this.openCalls += 1;
    }
  }

  settleCall(callee: Prepaid | undefined): void {
    this.openCalls -= 1;
    this.fuel += callee?.fuel ?? 0;
    if (callee?.takesFuel !== false) this.takesFuel = true;
  }
}
