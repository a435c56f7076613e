/**
 * What somebody has touched, from the record of what it did: for the question that comes first in
 * every incident.
 *
 * @module
 */

import type { AuditEvent } from './audit-event.ts';

/** What an event may name, as the report lists it. */
const PARTS = {
  tools: 'tool',
  plugins: 'plugin',
  resources: 'resource',
  sessions: 'sessionId',
  turns: 'turnId',
  models: 'model',
  nodes: 'node',
  schedules: 'schedule',
  channels: 'channel',
  skills: 'skill',
  secrets: 'secret',
  approvals: 'approvalId',
  tokens: 'tokenId',
} as const satisfies Readonly<Record<string, keyof AuditEvent>>;

type Part = keyof typeof PARTS;

/** Names that one list of the report holds at most. */
export const MAX_NAMES = 1_000;

export interface Touched {
  readonly events: number;
  /** Epoch milliseconds of the first and the last event; absent where there is none. */
  readonly firstAt?: number;
  readonly lastAt?: number;
  /** How often each action was done, and refused. */
  readonly actions: Readonly<Record<string, { readonly done: number; readonly denied: number }>>;
  /** Each name once, with the number of events, in the order in which they were touched first. */
  readonly touched: Readonly<Record<Part, Readonly<Record<string, number>>>>;
  /** Whether some list would have been longer than {@link MAX_NAMES}. */
  readonly isCut: boolean;
}

/** What was only attempted is counted with the actions, and touches nothing. */
export class TouchedReport {
  readonly #actions = new Map<string, { done: number; denied: number }>();
  readonly #names = new Map<Part, Map<string, number>>();
  #events = 0;
  #firstAt: number | undefined;
  #lastAt: number | undefined;
  #isCut = false;

  add(event: AuditEvent): void {
    this.#events += 1;
    this.#firstAt = Math.min(this.#firstAt ?? event.at, event.at);
    this.#lastAt = Math.max(this.#lastAt ?? event.at, event.at);
    const counts = this.#actions.get(event.action) ?? { done: 0, denied: 0 };
    this.#actions.set(event.action, counts);
    if (event.decision === 'denied') {
      counts.denied += 1;
      return;
    }
    counts.done += 1;
    for (const part of Object.keys(PARTS) as Part[]) this.#count(part, event[PARTS[part]]);
  }

  read(): Touched {
    const parts = Object.keys(PARTS) as Part[];
    const touched = parts.map((part) => [part, Object.fromEntries(this.#names.get(part) ?? [])]);
    return {
      events: this.#events,
      ...(this.#firstAt !== undefined && { firstAt: this.#firstAt }),
      ...(this.#lastAt !== undefined && { lastAt: this.#lastAt }),
      actions: Object.fromEntries(this.#actions),
      touched: Object.fromEntries(touched),
      isCut: this.#isCut,
    };
  }

  #count(part: Part, name: string | undefined): void {
    if (name === undefined) return;
    const names = this.#names.get(part) ?? new Map<string, number>();
    this.#names.set(part, names);
    if (names.size >= MAX_NAMES && !names.has(name)) this.#isCut = true;
    else names.set(name, (names.get(name) ?? 0) + 1);
  }
}
