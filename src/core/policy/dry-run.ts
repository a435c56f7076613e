/**
 * What the calls on the record would have got under another policy.
 *
 * The record holds no arguments, so an answer holds for every call of a tool: where it depends on
 * paths or hosts, that is the answer. Only what the policy allows, denies and asks about always is
 * looked at; grants, manifests, labels and rates stay as they are.
 *
 * @module
 */

import type { AuditEvent } from '../audit/audit-event.ts';
import type { Policy } from './policy.ts';
import { holdsEvery, isCertain, isPossible, type ProvedPlugin, toMove } from './prove-move.ts';

/** `gone`: nobody serves the tool any more. */
export type DryOutcome = 'allowed' | 'asked' | 'denied' | 'depends-on-arguments' | 'gone';

export interface DryTool {
  /** How often it was called, and let pass or not, at that time. */
  readonly allowed: number;
  readonly denied: number;
  readonly would: DryOutcome;
}

type DryPolicy = Pick<Policy, 'allow' | 'deny' | 'approvals'>;

export class DryRun {
  readonly #policy: DryPolicy;
  readonly #plugins: readonly ProvedPlugin[];
  readonly #calls = new Map<string, { allowed: number; denied: number }>();

  constructor(policy: DryPolicy, plugins: readonly ProvedPlugin[]) {
    this.#policy = policy;
    this.#plugins = plugins;
  }

  /** Counts decisions about calls of tools; whatever else happened is no question to the policy. */
  add({ action, tool, decision }: AuditEvent): void {
    if (action !== 'tool-call' || tool === undefined) return;
    const counts = this.#calls.get(tool) ?? { allowed: 0, denied: 0 };
    this.#calls.set(tool, counts);
    counts[decision === 'denied' ? 'denied' : 'allowed'] += 1;
  }

  /** By tool, in the order in which they were called first. */
  read(): Readonly<Record<string, DryTool>> {
    const tools = [...this.#calls].map(([name, counts]) => {
      return [name, { ...counts, would: this.#judge(name) }] as const;
    });
    return Object.fromEntries(tools);
  }

  #judge(name: string): DryOutcome {
    const tools = this.#plugins.flatMap(({ tools: served }) => served);
    const tool = tools.find((served) => served.name === name);
    if (tool === undefined) return 'gone';
    const move = toMove(tool);
    const { always } = this.#policy.approvals;
    if (!isPossible(move, [this.#policy])) return 'denied';
    if (holdsEvery(always, move)) return 'asked';
    const { allow, deny } = this.#policy;
    const unasked = { allow, deny: [...deny, ...always] };
    return isCertain(move, unasked) ? 'allowed' : 'depends-on-arguments';
  }
}
