/**
 * What must still be given back to the workspace: one row for each ended turn, written with the turn's
 * end and deleted some time after the workspace has answered. Turns that drew on the same reservation
 * are settled together: a busy session has one, and many turns of it. Memory holds a copy.
 *
 * @module
 */

import { addUsage, type Usage, usageSince } from '../../core/conversation/usage.ts';
import { parseTurnId, type TurnId } from '../../core/primitives/ids.ts';

/** What an ended turn has used. */
export interface TurnSettlement extends Used {
  readonly turnId: TurnId;
  /** The turn whose reservation it drew on: itself, or one before it. */
  readonly reservation: TurnId;
  /** What it used that was settled with another reservation: no part of its `usage`. */
  readonly before?: Usage;
  /** Not sent earlier: a run that was stopped may still say what its last model call has cost. */
  readonly dueAt: number;
}

export interface Used {
  readonly usage: Usage;
  /** Started calls by tool. */
  readonly toolCalls: Readonly<Record<string, number>>;
}

/** What all turns that drew on one reservation have used. */
export interface Settlement extends Used {
  readonly reservation: TurnId;
}

/** When one is due that a last word has corrected: long ago, and no turn ends then. */
const CORRECTED = 0;

type StoredSettlement = {
  turn_id: string;
  reservation: string;
  usage: string;
  tool_calls: string;
  due_at: number;
};

export class SettlementStore {
  readonly #sql: SqlStorage;
  readonly #writeLate: (write: () => void) => void;
  /** A copy of the rows, by reservation and turn. No reservation is without turns. */
  #owed: Map<TurnId, Map<TurnId, TurnSettlement>> | undefined;
  /** Reservations whose rows are still to be deleted. */
  #settled: TurnId[] = [];

  /** `writeLate` may put the deletion of what was settled off until the next transaction. */
  constructor(sql: SqlStorage, writeLate: (write: () => void) => void) {
    this.#sql = sql;
    this.#writeLate = writeLate;
  }

  add(settlement: TurnSettlement): void {
    const { turnId, reservation, toolCalls, dueAt } = settlement;
    const owed = this.#read();
    this.#sql.exec(
      `INSERT INTO settlements (turn_id, reservation, usage, tool_calls, due_at)
       VALUES (?, ?, ?, ?, ?)`,
      turnId,
      reservation,
      toUsageColumn(settlement),
      JSON.stringify(toolCalls),
      dueAt,
    );
    put(owed, settlement);
  }

  /**
   * The last word of a run that was stopped, on all that its turn has used. That only grows; there is nothing
   * to wait for now.
   */
  correct(turnId: TurnId, total: Usage): void {
    const owed = this.#read();
    const known = this.#find(turnId);
    if (known === undefined) return;
    const usage = known.before === undefined ? total : usageSince(known.before, total);
    const corrected = { ...known, usage: maxUsage(known.usage, usage), dueAt: CORRECTED };
    this.#sql.exec(
      'UPDATE settlements SET usage = ?, due_at = ? WHERE turn_id = ?',
      toUsageColumn(corrected),
      CORRECTED,
      turnId,
    );
    put(owed, corrected);
  }

  /** Whether that last word was heard, of a turn that is still to be settled. */
  isCorrected(turnId: TurnId): boolean {
    return this.#find(turnId)?.dueAt === CORRECTED;
  }

  /**
   * What was used of a reservation besides, by a turn that goes on under another one. `false` if nothing is
   * owed for it.
   */
  addTo(reservation: TurnId, used: Used): boolean {
    const [known] = this.#read().get(reservation)?.values() ?? [];
    if (known === undefined) return false;
    const settlement = { ...known, ...addUsed(known, used) };
    this.#sql.exec(
      'UPDATE settlements SET usage = ?, tool_calls = ? WHERE turn_id = ?',
      toUsageColumn(settlement),
      JSON.stringify(settlement.toolCalls),
      known.turnId,
    );
    put(this.#read(), settlement);
    return true;
  }

  reservations(): readonly TurnId[] {
    return [...this.#read().keys()];
  }

  /** What the turns of a reservation have used, once all of them are due. */
  dueOf(reservation: TurnId, now: number): Settlement | undefined {
    const turns = [...(this.#read().get(reservation)?.values() ?? [])];
    const [first, ...others] = turns;
    if (first === undefined || turns.some(({ dueAt }) => dueAt > now)) return undefined;
    const { usage, toolCalls } = others.reduce<Used>(addUsed, first);
    return { reservation, usage, toolCalls };
  }

  /** When all turns of the next one are due, but for those that are `held`; `undefined` if none is left. */
  nextDueAt(isHeld: (reservation: TurnId) => boolean): number | undefined {
    const dueAts = [...this.#read()]
      .filter(([reservation]) => !isHeld(reservation))
      .map(([, turns]) => Math.max(...[...turns.values()].map(({ dueAt }) => dueAt)));
    return dueAts.length === 0 ? undefined : Math.min(...dueAts);
  }

  isEmpty(): boolean {
    return this.#read().size === 0;
  }

  delete(reservation: TurnId): void {
    this.#read().delete(reservation);
    this.#settled.push(reservation);
    if (this.#settled.length === 1) this.#writeLate(() => this.#deleteSettled());
  }

  /** After a transaction was rolled back, or storage was wiped: memory may be ahead of it. */
  forget(): void {
    this.#owed = undefined;
  }

  #find(turnId: TurnId): TurnSettlement | undefined {
    return [...this.#read().values()].map((turns) => turns.get(turnId)).find(Boolean);
  }

  #deleteSettled(): void {
    this.#sql.exec(
      'DELETE FROM settlements WHERE reservation IN (SELECT value FROM json_each(?))',
      JSON.stringify(this.#settled),
    );
    this.#settled = [];
  }

  #read(): Map<TurnId, Map<TurnId, TurnSettlement>> {
    if (this.#owed !== undefined) return this.#owed;
    const owed = new Map<TurnId, Map<TurnId, TurnSettlement>>();
    const rows = this.#sql.exec<StoredSettlement>(
      'SELECT turn_id, reservation, usage, tool_calls, due_at FROM settlements',
    );
    for (const row of rows) {
      const turnId = parseTurnId(row.turn_id);
      const reservation = parseTurnId(row.reservation);
      if (turnId === undefined || reservation === undefined) continue;
      const toolCalls = JSON.parse(row.tool_calls);
      const used = { ...fromUsageColumn(row.usage), toolCalls };
      put(owed, { turnId, reservation, ...used, dueAt: row.due_at });
    }
    this.#owed = owed;
    return owed;
  }
}

function put(owed: Map<TurnId, Map<TurnId, TurnSettlement>>, settlement: TurnSettlement): void {
  const { reservation, turnId } = settlement;
  const turns = owed.get(reservation);
  if (turns === undefined) owed.set(reservation, new Map([[turnId, settlement]]));
  else turns.set(turnId, settlement);
}

function toUsageColumn({ usage, before }: Pick<TurnSettlement, 'usage' | 'before'>): string {
  return JSON.stringify(before === undefined ? usage : { ...usage, before });
}

function fromUsageColumn(column: string): Pick<TurnSettlement, 'usage' | 'before'> {
  const { before, ...usage }: Usage & Pick<TurnSettlement, 'before'> = JSON.parse(column);
  return { usage, ...(before && { before }) };
}

function addUsed(a: Used, b: Used): Used {
  const toolCalls = new Map(Object.entries(a.toolCalls));
  for (const [tool, calls] of Object.entries(b.toolCalls)) {
    toolCalls.set(tool, (toolCalls.get(tool) ?? 0) + calls);
  }
  return { usage: addUsage(a.usage, b.usage), toolCalls: Object.fromEntries(toolCalls) };
}

function maxUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: Math.max(a.inputTokens, b.inputTokens),
    outputTokens: Math.max(a.outputTokens, b.outputTokens),
    costMicroUsd: Math.max(a.costMicroUsd, b.costMicroUsd),
  };
}
