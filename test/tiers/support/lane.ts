/**
 * A wasm lane with scripted neighbours: the real class in a real object, but its workspace, its
 * sessions and its networks are the test's.
 */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { keyedHash, randomHex } from '../../../src/blocks/kit/keys.ts';
import type { HostCallGrant, HostCallRequest } from '../../../src/blocks/session/session-api.ts';
import type { StoredCode } from '../../../src/blocks/workspace/lane-api.ts';
import type { WorkspaceApi } from '../../../src/blocks/workspace/workspace-api.ts';
import type { ToolOutcome } from '../../../src/core/conversation/tool-result.ts';
import type { Denial } from '../../../src/core/errors/denial.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { DEFAULT_ENCRYPTION_POLICY } from '../../../src/core/policy/encryption-policy.ts';
import { issueSessionId, parseWorkspaceId } from '../../../src/core/primitives/ids.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import { ok, type Result } from '../../../src/core/primitives/result.ts';
import { WasmLane } from '../../../src/tiers/wasm/wasm-lane.ts';
import type { WasmLaneApi } from '../../../src/tiers/wasm/wasm-lane-api.ts';
import type { Network, WasmLaneBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';
import { MASTER_KEY, sign } from './claims.ts';
import { type FixtureName, hardened } from './fixtures.ts';

const real = env as unknown as WasmLaneBindings;

export interface Neighbours {
  /** What the session says to each host call; leave unless stated. */
  readonly authorize?: (
    request: HostCallRequest,
  ) => Promise<Result<HostCallGrant, Denial>> | Result<HostCallGrant, Denial>;
  readonly fetch?: Network['fetch'];
  /** The form that is stored by code hash; the fixture of that name unless stated. */
  readonly code?: (codeHash: string) => Promise<StoredCode | undefined>;
  readonly keepHardened?: WorkspaceApi['keepHardened'];
  readonly failCode?: WorkspaceApi['failCode'];
  readonly hasLoader?: boolean;
}

export interface LaneScene {
  readonly workspace: string;
  /** What the session was asked, in order. */
  readonly asked: HostCallRequest[];
  /** Runs in the object, with a lane that knows nothing but what is in its storage. */
  readonly inLane: <T>(
    work: (lane: WasmLane, state: DurableObjectState) => Promise<T>,
  ) => Promise<T>;
  /** Claims of that workspace need a session that was issued there. */
  readonly session: string;
}

export function laneScene(neighbours: Neighbours = {}): LaneScene {
  const workspace = parseWorkspaceId(`acme-${randomHex(6)}`);
  if (workspace === undefined) throw new Error('The name must be that of a workspace');
  const asked: HostCallRequest[] = [];
  const stub = real.WASM_LANES as unknown as DurableObjectNamespace<WasmLane>;
  const bindings = bindingsOf(neighbours, asked);
  return {
    workspace,
    asked,
    session: issueSessionId(workspace, randomHex(16), keyedHash(MASTER_KEY, 'session-ids')),
    inLane: (work) =>
      runInDurableObject(stub.getByName(workspace), async (_, state) => {
        const lane = new WasmLane(state, bindings);
        lives.set(lane, await lane.life());
        return await work(lane, state);
      }),
  };
}

function bindingsOf(neighbours: Neighbours, asked: HostCallRequest[]): WasmLaneBindings {
  const { LOADER, ...others } = real;
  const { code = codeOfFixture, keepHardened, failCode } = neighbours;
  const encryption = async () => DEFAULT_ENCRYPTION_POLICY;
  const workspace = { code, keepHardened, failCode, encryption };
  return {
    ...others,
    ...(neighbours.hasLoader !== false && LOADER && { LOADER }),
    SALLYPORT_MASTER_KEY: MASTER_KEY,
    PUBLIC_NETWORK: { fetch: neighbours.fetch ?? (async () => new Response('hello')) },
    WORKSPACES: { getByName: () => workspace } as unknown as WasmLaneBindings['WORKSPACES'],
    SESSIONS: {
      getByName: () => ({
        async authorizeHostCall(request: HostCallRequest) {
          asked.push(request);
          return (
            (await neighbours.authorize?.(request)) ??
            ok({ privateHost: false, principal: 'user:alice' })
          );
        },
      }),
    } as unknown as WasmLaneBindings['SESSIONS'],
  };
}

async function codeOfFixture(name: string): Promise<StoredCode> {
  return { kind: 'hardened', hardened: hardened(name as FixtureName) };
}

/** The claims with what ties them to this scene. */
export function inScene({ workspace, session }: LaneScene, claims: TicketClaims): TicketClaims {
  return { ...claims, workspace, session };
}

/** Of lanes that are at hand, so that a call can be sent without a wait. */
const lives = new WeakMap<WasmLaneApi, string>();

/** Sends a call under a ticket for the lane's present life. */
export async function send(
  lane: WasmLaneApi,
  claims: TicketClaims,
  argumentsText = '{}',
  config?: JsonObject,
): Promise<ToolOutcome> {
  const life = lives.get(lane);
  const ticket = sign(claims, life ?? (await lane.life()));
  const answer = await lane.run(ticket, argumentsText, config);
  if (answer.kind === 'other-life') throw new Error('The ticket was for this life');
  return answer;
}
