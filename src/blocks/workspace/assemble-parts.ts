/**
 * Puts the parts of a workspace block together. Wiring only.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import { parseTurnId, readSessionId, type WorkspaceId } from '../../core/primitives/ids.ts';
import { DEPLOYMENT_AUDIT, workspaceOf } from '../kit/address.ts';
import { appendToChain } from '../kit/append-to-chain.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import { Changes } from '../kit/changes.ts';
import { ChunkedValues } from '../kit/chunked-values.ts';
import { timeout } from '../kit/in-parallel.ts';
import { keyedHash } from '../kit/keys.ts';
import { Outbox } from '../kit/outbox.ts';
import { Sealing } from '../kit/sealing.ts';
import { Tables } from '../kit/tables.ts';
import { Timers } from '../kit/timers.ts';
import { openNodes } from '../node/node-client.ts';
import { openSession, type SessionClient } from '../session/session-client.ts';
import { askSessionIndex } from '../session-index/session-index-client.ts';
import { openStorage } from '../storage/storage-client.ts';
import { openBlock } from '../user/block-client.ts';
import { openSignIns } from '../vault/sign-in-client.ts';
import { type Announcement, AnnouncementStore } from './announcement-store.ts';
import { AnswerStore } from './answer-store.ts';
import { Authorities } from './authorities.ts';
import { AuthorityLeases } from './authority-leases.ts';
import { CodeStore } from './code-store.ts';
import { DenialPace } from './denial-pace.ts';
import { DepartureStore } from './departure-store.ts';
import { ErasureStore } from './erasure-store.ts';
import { FormerTokenStore } from './former-token-store.ts';
import type { PluginLaneApi } from './lane-api.ts';
import { OpenTurnStore, type ProvisionalTurn } from './open-turn-store.ts';
import { PluginStore } from './plugin-store.ts';
import { PolicyVersionStore } from './policy-version-store.ts';
import { QuarantineStore } from './quarantine-store.ts';
import { ReserveStore } from './reserve-store.ts';
import { SkillStore } from './skill-store.ts';
import { SummaryPlaces } from './summary-places.ts';
import { SwitchStore } from './switch-store.ts';
import { TicketStore } from './ticket-store.ts';
import { TokenStore } from './token-store.ts';
import { TokenUses } from './token-uses.ts';
import { WithdrawalStore } from './withdrawal-store.ts';
import type { WorkspaceParts } from './workspace-parts.ts';
import { WorkspaceStore } from './workspace-store.ts';

/** The name under which a workspace's own outbox stands in its chain. */
const SOURCE = 'workspace';

/** What is done when a timer is due. */
export interface WorkspaceTasks {
  readonly announce: () => Promise<void>;
  readonly sweep: () => Promise<void>;
  readonly erase: () => Promise<void>;
  readonly depart: () => Promise<void>;
  readonly withdraw: () => Promise<void>;
  readonly sessions: () => Promise<void>;
}

export interface Assembled {
  readonly parts: WorkspaceParts;
  /** Part of a transaction. */
  readonly createTables: () => void;
  /** The tables of an object that only passes events on. */
  readonly createOutbox: () => void;
}

/** The object's name is a workspace's id, or that of the deployment. */
export function assembleParts(
  ctx: DurableObjectState,
  env: BlockBindings,
  tasks: WorkspaceTasks,
): Assembled {
  const { storage } = ctx;
  const { sql } = storage;
  const { name } = ctx.id;
  const toId = (): WorkspaceId => workspaceOf(ctx);
  const values = new ChunkedValues(sql);
  const workspace = new WorkspaceStore(sql);
  const tokens = new TokenStore(sql);
  const plugins = new PluginStore(sql);
  const code = new CodeStore(sql, values);
  const turns = new OpenTurnStore(sql);
  const reserves = new ReserveStore(sql, () => Date.now());
  const sealing = new Sealing({ env, ctx, tables: new Tables(sql), kind: 'workspace' });
  const answers = new AnswerStore(sql, sealing);
  const announcements = new AnnouncementStore(sql);
  const erasures = new ErasureStore(sql);
  const departures = new DepartureStore(sql);
  const quarantine = new QuarantineStore(sql);
  const withdrawals = new WithdrawalStore(sql);
  const skills = new SkillStore(sql);
  const formerTokens = new FormerTokenStore(sql);
  const tickets = new TicketStore(sql);
  const tokenUses = new TokenUses(sql);
  const switches = new SwitchStore(sql);
  const policyVersions = new PolicyVersionStore(sql);
  const changes = new Changes(storage, {
    forgetMemory: () => {
      for (const copy of copies) copy.forget();
    },
    flush: () => reserves.flush(),
  });
  const outbox = new Outbox(sql);
  const drain = (): Promise<void> =>
    outbox.drain(appendToChain(env, name === DEPLOYMENT_AUDIT ? name : toId(), SOURCE));
  const timers = new Timers(storage, { ...tasks, flush: drain });
  const authorities = new Authorities(toId, {
    workspace,
    tokens,
    plugins,
    skills,
    formerTokens,
    switches,
  });
  const leases = new AuthorityLeases({
    sql,
    now: () => Date.now(),
    timeout,
    tellBlock: (block, revision) =>
      openBlock(env, toId(), block).again((api) => api.authorityChanged(revision)),
  });
  const copies = [
    workspace,
    sealing,
    authorities,
    tokenUses,
    switches,
    plugins,
    skills,
    turns,
    reserves,
    outbox,
    timers,
  ];
  const parts: WorkspaceParts = {
    ...{ changes, workspace, tokens, plugins, code, turns, reserves, answers, announcements },
    ...{
      sealing,
      erasures,
      departures,
      quarantine,
      withdrawals,
      skills,
      formerTokens,
      tickets,
      tokenUses,
      switches,
      policyVersions,
    },
    ...{ outbox, timers, authorities, leases },
    summaryPlaces: new SummaryPlaces(),
    denialPace: new DenialPace(),
    ...laneOf(ctx, env),
    now: () => Date.now(),
    eraseStorage: (plugin, revision) => openStorage(env, toId(), plugin).erase(revision),
    endSignIns: ({ principals, by }) =>
      openSignIns(env, toId()).endSignInsOf(by, { holders: principals }),
    tellSessionIndex: (policy, revision) =>
      askSessionIndex(env, toId(), (index) => index.follow(policy, revision)),
    tellSession: (sessionId, revision) => tellSession(env, toId(), { sessionId, revision }),
    tellNodes: () => openNodes(env, toId()).authorityChanged(),
    willSettle: (turn) => willSettle(env, toId(), turn),
    flush: () => ctx.waitUntil(drain().catch(() => {})), // the timer sends what this could not
  };
  const createOutbox = (): void => {
    outbox.createTable();
    timers.createTable();
  };
  const createTables = (): void => {
    createOutbox();
    values.createTable();
    for (const store of [workspace, tokens, code, turns, answers, announcements, erasures]) {
      store.createTable();
    }
    for (const store of [departures, quarantine, withdrawals, formerTokens]) store.createTable();
    for (const store of [tickets, tokenUses, switches, policyVersions]) store.createTable();
    skills.createTable();
    for (const store of [plugins, reserves]) store.createTables();
  };
  return { parts, createTables, createOutbox };
}

/** The lane of this workspace. Whatever is asked of it may be asked twice. */
function laneOf(
  ctx: DurableObjectState,
  env: BlockBindings,
): Pick<WorkspaceParts, 'startPlugin' | 'withdrawPlugins' | 'retireVersions'> {
  const workspace = ctx.id.name ?? '';
  const ask = <T>(call: (lane: PluginLaneApi) => Promise<T>): Promise<T> =>
    callAgainAfterReset(() => env.WASM_LANES.getByName(workspace), call);
  return {
    startPlugin: (start) => ask((lane) => lane.startPlugin({ workspace, ...start })),
    withdrawPlugins: (withdrawals) => ask((lane) => lane.withdrawPlugins(withdrawals)),
    retireVersions: (plugins) => {
      const versions = plugins.map(({ name: plugin, codeHash }) => ({ plugin, codeHash }));
      if (versions.length === 0) return;
      ctx.waitUntil(ask((lane) => lane.retireVersions(versions)).catch(() => {}));
    },
  };
}

async function tellSession(
  env: BlockBindings,
  workspace: WorkspaceId,
  { sessionId, revision }: Announcement,
): Promise<void> {
  await sessionOf(env, workspace, sessionId)?.authorityChanged(revision);
}

async function willSettle(
  env: BlockBindings,
  workspace: WorkspaceId,
  turn: ProvisionalTurn,
): Promise<boolean> {
  const session = sessionOf(env, workspace, turn.sessionId);
  const reservation = parseTurnId(turn.turnId);
  // Issued under another key: nobody can be asked.
  if (session === undefined || reservation === undefined) throw new Fault('not_found');
  return await session.willSettle(reservation);
}

function sessionOf(
  env: BlockBindings,
  workspace: WorkspaceId,
  sessionId: string,
): SessionClient | undefined {
  const hash = keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids');
  const id = readSessionId(workspace, sessionId, hash);
  return id && openSession(env, workspace, id);
}
