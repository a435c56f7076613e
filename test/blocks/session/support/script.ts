/**
 * What the scripted neighbours of a session do and have seen. Lives outside of all objects, so that
 * it outlasts their eviction. One for each workspace: every test has a workspace of its own.
 *
 * @module
 */

import type { ApprovalNews } from '../../../../src/blocks/approvals/approvals-api.ts';
import type { ListedSession } from '../../../../src/blocks/session-index/session-index-api.ts';
import type { OpenTurn } from '../../../../src/blocks/workspace/workspace-api.ts';
import type { AuditEvent } from '../../../../src/core/audit/audit-event.ts';
import type { Turn } from '../../../../src/core/conversation/turn.ts';
import type { Usage } from '../../../../src/core/conversation/usage.ts';
import type { SummaryAnswer, SummaryOrder } from '../../../../src/core/memory/summary-order.ts';
import type { Authority } from '../../../../src/core/policy/authority.ts';
import type { NoRoom } from '../../../../src/core/policy/room.ts';
import type { Slice, SliceShortage } from '../../../../src/core/policy/slice.ts';

export interface Settled {
  readonly turnId: string;
  readonly usage: Usage;
  readonly toolCalls: Readonly<Record<string, number>>;
}

export interface Script {
  /** What the workspace says of everyone; `undefined` after a revocation. */
  authority: Authority | undefined;
  /** How often it was asked for that outside of openings. */
  asked: number;
  shortage: SliceShortage | undefined;
  /** What every opening is given; that of the fixtures unless a test says so. */
  slice: Slice | undefined;
  /** What every renewal is given; nothing more unless a test says so. */
  renewed: Slice | undefined;
  /** What runs said they had left when they asked for more. */
  readonly renewals: Slice[];
  /** Done by the workspace before it answers an opening. */
  beforeOpening: (request: OpenTurn) => Promise<void>;
  readonly openings: OpenTurn[];
  readonly settled: Settled[];
  /** How many of the next settlements fail. */
  failingSettlements: number;
  /** What the index of approvals has heard last of each. */
  readonly approvals: Map<string, ApprovalNews>;
  /** How often it cannot be reached from now on. */
  failingNews: number;
  /** What the index of sessions lists. */
  readonly listed: Map<string, ListedSession>;
  /** Those that it heard of after they were made. */
  readonly heard: string[];
  /** Why it has no room for another one. */
  noRoom: NoRoom | undefined;
  /** How often it cannot be reached from now on, but for reservations. */
  failingLists: number;
  /** Done by it before it answers a reservation. */
  beforeReserving: () => Promise<void>;
  /** Done by it before it takes a session from the list. */
  beforeRemoving: () => Promise<void>;
  /** Every turn that was handed to a run. */
  readonly runs: Turn[];
  /** What a run does; it never ends unless a test says so. */
  run: (turn: Turn) => Promise<void>;
  /** Every summary that was asked for. */
  readonly summaries: SummaryOrder[];
  /** What comes of one; nothing ever unless a test says so. */
  summarise: (order: SummaryOrder) => Promise<SummaryAnswer>;
  /** Keys of the calls that were left to the nodes. */
  readonly lookedAfter: string[];
  /** Keys of those that the nodes were told to end. */
  readonly cancelledCalls: string[];
  /** The chain: events by outbox. */
  readonly chain: Map<string, AuditEvent[]>;
  /** Fate of the next calls of `append`: `before` or `after` the events are stored, it throws. */
  readonly appendFates: ('before' | 'after' | 'well')[];
  /** While set, every call of `append` throws. */
  auditIsDown: boolean;
}

const scripts = globalThis as { sessionScripts?: Map<string, Script> };
scripts.sessionScripts ??= new Map();

export function scriptOf(workspace: string): Script {
  const known = scripts.sessionScripts?.get(workspace);
  if (known !== undefined) return known;
  const script: Script = {
    authority: undefined,
    asked: 0,
    shortage: undefined,
    slice: undefined,
    renewed: undefined,
    renewals: [],
    beforeOpening: async () => {},
    openings: [],
    settled: [],
    failingSettlements: 0,
    approvals: new Map(),
    failingNews: 0,
    listed: new Map(),
    heard: [],
    noRoom: undefined,
    failingLists: 0,
    beforeReserving: async () => {},
    beforeRemoving: async () => {},
    runs: [],
    // The runtime cancels a request that waits for nothing, so it waits for a timer.
    run: () => new Promise((resolve) => setTimeout(resolve, 600_000)),
    summaries: [],
    summarise: () => new Promise(() => {}),
    lookedAfter: [],
    cancelledCalls: [],
    chain: new Map(),
    appendFates: [],
    auditIsDown: false,
  };
  scripts.sessionScripts?.set(workspace, script);
  return script;
}
