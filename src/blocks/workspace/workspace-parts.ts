/**
 * The parts of a workspace block, and what its operations have in common.
 *
 * @module
 */

import type { AuditAction, AuditEvent } from '../../core/audit/audit-event.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { SessionPolicy } from '../../core/policy/session-policy.ts';
import type { Changes } from '../kit/changes.ts';
import type { Outbox } from '../kit/outbox.ts';
import type { Sealing } from '../kit/sealing.ts';
import type { Timers } from '../kit/timers.ts';
import type { AnnouncementStore } from './announcement-store.ts';
import type { AnswerStore } from './answer-store.ts';
import type { Authorities } from './authorities.ts';
import type { AuthorityLeases } from './authority-leases.ts';
import type { CodeStore } from './code-store.ts';
import type { DenialPace } from './denial-pace.ts';
import type { Departure, DepartureStore } from './departure-store.ts';
import type { ErasureStore } from './erasure-store.ts';
import type { FormerTokenStore } from './former-token-store.ts';
import type { PluginLaneApi, PluginStart, StartPlugin } from './lane-api.ts';
import type { OpenTurnStore, ProvisionalTurn } from './open-turn-store.ts';
import type { PluginStore } from './plugin-store.ts';
import type { PolicyVersionStore } from './policy-version-store.ts';
import type { QuarantineStore } from './quarantine-store.ts';
import type { ReserveStore } from './reserve-store.ts';
import type { SkillStore } from './skill-store.ts';
import type { SummaryPlaces } from './summary-places.ts';
import type { SwitchStore } from './switch-store.ts';
import type { TicketStore } from './ticket-store.ts';
import type { TokenStore } from './token-store.ts';
import type { TokenUses } from './token-uses.ts';
import type { WithdrawalStore } from './withdrawal-store.ts';
import type { Actor, Refusal } from './workspace-api.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** Delay of the timer that sends audit events which the object itself could not send. */
const FLUSH_LATEST_MS = 5_000;

export interface WorkspaceParts {
  readonly changes: Changes;
  readonly workspace: WorkspaceStore;
  readonly tokens: TokenStore;
  readonly plugins: PluginStore;
  readonly code: CodeStore;
  readonly quarantine: QuarantineStore;
  readonly withdrawals: WithdrawalStore;
  readonly skills: SkillStore;
  readonly formerTokens: FormerTokenStore;
  readonly tickets: TicketStore;
  readonly tokenUses: TokenUses;
  readonly switches: SwitchStore;
  readonly policyVersions: PolicyVersionStore;
  readonly turns: OpenTurnStore;
  readonly reserves: ReserveStore;
  readonly answers: AnswerStore;
  /** Of answers alone: what else is here is not content. */
  readonly sealing: Sealing;
  readonly announcements: AnnouncementStore;
  readonly erasures: ErasureStore;
  readonly departures: DepartureStore;
  readonly authorities: Authorities;
  readonly leases: AuthorityLeases;
  readonly summaryPlaces: SummaryPlaces;
  readonly outbox: Outbox;
  readonly denialPace: DenialPace;
  readonly timers: Timers;
  readonly now: () => number;
  /** Tells a session of a revision; resolves once the session has committed it. */
  readonly tellSession: (sessionId: string, revision: number) => Promise<void>;
  /** Tells the nodes that somebody may do less than before. */
  readonly tellNodes: () => Promise<void>;
  /** Whether the session knows of the turn, and so will settle it. */
  readonly willSettle: (turn: ProvisionalTurn) => Promise<boolean>;
  /** Deletes what a plugin has stored; calls approved before `revision` reach it no more. */
  readonly eraseStorage: (plugin: string, revision: number) => Promise<void>;
  /** Has the vault forget all sign-ins of principals who are gone. */
  readonly endSignIns: (departure: Departure) => Promise<void>;
  /** Resolves once the index goes by it. */
  readonly tellSessionIndex: (policy: SessionPolicy, revision: number) => Promise<void>;
  /** Tries out a plugin's code in the lane. */
  readonly startPlugin: (start: Omit<StartPlugin, 'workspace'>) => Promise<PluginStart>;
  /** Tells the lane; resolves once it knows for good. */
  readonly withdrawPlugins: PluginLaneApi['withdrawPlugins'];
  /** Tells the lane in the background: what it keeps needlessly does no harm. */
  readonly retireVersions: (versions: readonly RegisteredPlugin[]) => void;
  /** Sends audit events in the background. */
  readonly flush: () => void;
}

/**
 * Changes storage and memory together: both of it, or, if `change` throws, neither. Within a change
 * it is part of that.
 */
export function transact<T>(parts: WorkspaceParts, change: () => T): T {
  return parts.changes.make(change);
}

/** Part of a transaction: puts an event into the outbox, with the timer that sends it at the latest. */
export function record(parts: WorkspaceParts, event: AuditEvent): void {
  const now = parts.now();
  parts.outbox.add([event], now);
  if (parts.timers.dueAt('flush') === undefined) parts.timers.set('flush', now + FLUSH_LATEST_MS);
}

/** Something that a principal did, or was refused. */
export function actorEvent(
  parts: WorkspaceParts,
  { principal, requestId }: Actor,
  facts: { readonly action: AuditAction } & Partial<AuditEvent>,
): AuditEvent {
  return {
    decision: 'allowed',
    at: parts.now(),
    actor: toPrincipalName(principal),
    requestId,
    ...facts,
  };
}

/**
 * Part of a transaction: begins a new revision, and notes who must hear of it. Whoever calls this
 * announces it after the transaction, and before its answer: see `announce-revision.ts`.
 */
export function raiseRevision(parts: WorkspaceParts): number {
  const revision = parts.workspace.raiseRevision();
  parts.authorities.forget();
  for (const sessionId of parts.turns.liveSessions()) {
    parts.announcements.add({ sessionId, revision });
  }
  return revision;
}

/** Nothing that adds authority may happen while it cannot go on the record. */
export function refuseUnrecorded(parts: WorkspaceParts): Refusal | undefined {
  if (!parts.outbox.isBlocked(parts.now())) return undefined;
  parts.flush();
  return {
    code: 'audit_unavailable',
    detail: 'Cannot change the workspace: its audit record must be reachable',
  };
}
