/**
 * The blocks that a workspace talks to: its sessions and their index, its nodes, its vault, what its
 * plugins have stored, and the lane of its plugins. Whatever is asked of one may be asked twice.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import type { SessionPolicy } from '../../core/policy/session-policy.ts';
import { parseTurnId, readSessionId } from '../../core/primitives/ids.ts';
import { workspaceOf } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import { keyedHash } from '../kit/keys.ts';
import { openNodes } from '../node/node-client.ts';
import { openSession, type SessionClient } from '../session/session-client.ts';
import { askSessionIndex } from '../session-index/session-index-client.ts';
import { openStorage } from '../storage/storage-client.ts';
import { openSignIns } from '../vault/sign-in-client.ts';
import type { Departure } from './departure-store.ts';
import type { PluginLaneApi, PluginStart, StartPlugin } from './lane-api.ts';
import type { ProvisionalTurn } from './open-turn-store.ts';

export interface Neighbours extends Lane, Sessions {
  /** Tells the nodes that somebody may do less than before. */
  readonly tellNodes: () => Promise<void>;
  /** Deletes what a plugin has stored; calls approved before `revision` reach it no more. */
  readonly eraseStorage: (plugin: string, revision: number) => Promise<void>;
  /** Has the vault forget all sign-ins of principals who are gone. */
  readonly endSignIns: (departure: Departure) => Promise<void>;
}

interface Sessions {
  /** Tells a session of a revision; resolves once the session has committed it. */
  readonly tellSession: (sessionId: string, revision: number) => Promise<void>;
  /** Whether the session knows of the turn, and so will settle it. */
  readonly willSettle: (turn: ProvisionalTurn) => Promise<boolean>;
  /** Resolves once the index goes by it. */
  readonly tellSessionIndex: (policy: SessionPolicy, revision: number) => Promise<void>;
}

interface Lane {
  /** Tries out a plugin's code in the lane. */
  readonly startPlugin: (start: Omit<StartPlugin, 'workspace'>) => Promise<PluginStart>;
  /** Tells the lane; resolves once it knows for good. */
  readonly withdrawPlugins: PluginLaneApi['withdrawPlugins'];
  /** Tells the lane in the background: what it keeps needlessly does no harm. */
  readonly retireVersions: (versions: readonly RegisteredPlugin[]) => void;
}

export function neighboursOf(ctx: DurableObjectState, env: BlockBindings): Neighbours {
  return {
    ...sessionsOf(ctx, env),
    ...laneOf(ctx, env),
    tellNodes: () => openNodes(env, workspaceOf(ctx)).authorityChanged(),
    eraseStorage: (plugin, revision) => openStorage(env, workspaceOf(ctx), plugin).erase(revision),
    endSignIns: ({ principals, by }) =>
      openSignIns(env, workspaceOf(ctx)).endSignInsOf(by, { holders: principals }),
  };
}

function sessionsOf(ctx: DurableObjectState, env: BlockBindings): Sessions {
  const find = (sessionId: string): SessionClient | undefined => {
    const workspace = workspaceOf(ctx);
    const hash = keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids');
    const id = readSessionId(workspace, sessionId, hash);
    return id && openSession(env, workspace, id);
  };
  return {
    tellSession: async (sessionId, revision) => {
      await find(sessionId)?.authorityChanged(revision);
    },
    willSettle: async ({ sessionId, turnId }) => {
      const session = find(sessionId);
      const reservation = parseTurnId(turnId);
      // Issued under another key: nobody can be asked.
      if (session === undefined || reservation === undefined) throw new Fault('not_found');
      return await session.willSettle(reservation);
    },
    tellSessionIndex: (policy, revision) =>
      askSessionIndex(env, workspaceOf(ctx), (index) => index.follow(policy, revision)),
  };
}

function laneOf(ctx: DurableObjectState, env: BlockBindings): Lane {
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
