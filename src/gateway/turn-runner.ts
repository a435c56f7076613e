/**
 * Hosts the loop, which the session block starts for every run, whatever began the turn: in a
 * `WorkerEntrypoint` of the gateway Worker, or inside the session's own object. It keeps nothing; all
 * that it knows is in the turn.
 *
 * @module
 */

import { WorkerEntrypoint } from 'cloudflare:workers';
import type { Freshness, TurnPorts } from '../agent/ports.ts';
import { runTurn } from '../agent/run-turn.ts';
import { hmacHex, sha256Hex } from '../blocks/kit/keys.ts';
import { openNodes } from '../blocks/node/node-client.ts';
import { openSession } from '../blocks/session/session-client.ts';
import { type RunRef, type RunSession, takeTurn } from '../blocks/session/turn-client.ts';
import type { Turn } from '../core/conversation/turn.ts';
import { LOAD_SKILL } from '../core/manifest/built-in-tools.ts';
import { summaryModelOf } from '../core/policy/memory-policy.ts';
import { plannerModel } from '../models/embedded/planner-model.ts';
import { createMissingModel } from '../models/missing-model.ts';
import { resolveModel } from '../models/resolve-model.ts';
import { createBuiltInRunner } from '../tiers/built-in/built-in-runner.ts';
import { createLoadSkill } from '../tiers/built-in/load-skill.ts';
import { createMemoryTools } from '../tiers/built-in/memory-tools.ts';
import { createDispatch, type TierRunners } from '../tiers/dispatch.ts';
import { createExecutorTierRunner } from '../tiers/executor/executor-tier-runner.ts';
import { createNodeTicketSigner } from '../tiers/executor/node-ticket.ts';
import { createSecretSource } from '../tiers/executor/secret-source.ts';
import { createTicketSigner } from '../tiers/ticket.ts';
import { createWasmTierRunner, type LaneCaller } from '../tiers/wasm/wasm-tier-runner.ts';
import type { GatewayBindings } from './bindings.ts';
import { deploymentKey } from './deployment-keys.ts';
import { withKnownAuthority } from './known-authorities.ts';
import { knownSecretsOf } from './known-secrets.ts';
import { logFault } from './log-fault.ts';
import { createMemoryEmbedder } from './memory-embedder.ts';

export class TurnRunner extends WorkerEntrypoint<GatewayBindings> {
  /** Runs the turn to its end, or until another run has taken it over. */
  async run(ref: RunRef): Promise<void> {
    const turn = await takeTurn(this.env, ref);
    if (turn === undefined) return;
    const session = openSession(this.env, ref.workspace, ref.sessionId);
    await hostTurn({ env: this.env, ctx: this.ctx }, turn, session);
  }
}

/** Whoever has the bindings, and may still work when its caller has been answered. */
export interface TurnHost {
  readonly env: GatewayBindings;
  readonly ctx: Pick<ExecutionContext, 'waitUntil'>;
}

/** Runs the turn to its end, or until another run has taken it over. */
export async function hostTurn(
  { env, ctx }: TurnHost,
  turn: Turn,
  session: RunSession,
): Promise<void> {
  const defer = (work: Promise<unknown>) => ctx.waitUntil(work.catch(() => undefined));
  const { principal } = turn.authority;
  const known = (freshness: Freshness) => knownSecretsOf(env, principal, freshness);
  const ports = { ...portsOf({ env, defer }, turn, session), known };
  await runTurn(withKnownAuthority(turn), ports);
}

type Defer = (work: Promise<unknown>) => void;

interface Place {
  readonly env: GatewayBindings;
  readonly defer: Defer;
}

function portsOf({ env, defer }: Place, turn: Turn, session: RunSession): TurnPorts {
  const { turnId, epoch, workspace } = turn;
  const auditKey = deploymentKey(env.SALLYPORT_MASTER_KEY, `audit-args:${workspace}`);
  const holdsTurn = async (): Promise<boolean> => {
    const { revision } = turn.authority;
    return (await session.commit({ turnId, epoch, revision, entries: [], audit: [] })).ok;
  };
  const executors = createExecutorTierRunner(openNodes(env, workspace), createSecretSource(env));
  const runners: TierRunners = {
    wasm: createWasmTierRunner(env, { ...knownLifeOf(workspace), holdsTurn }),
    process: executors,
    container: executors,
    'built-in': createBuiltInRunner(builtInToolsOf(env, turn, defer), Date.now),
  };
  return {
    journal: {
      commit: (batch) => session.commit(batch),
      refreshAuthority: () => session.refreshAuthority(turnId, epoch),
      holdLease: () => session.holdLease(turnId, epoch),
    },
    model: modelOf(env, turn),
    tiers: createDispatch(runners, {
      own: createTicketSigner(deploymentKey(env.SALLYPORT_MASTER_KEY, 'ticket')),
      nodes: createNodeTicketSigner(env.SALLYPORT_MASTER_KEY),
    }),
    now: () => Date.now(),
    sha256: sha256Hex,
    argumentsHmac: (canonicalJson) => hmacHex(auditKey, canonicalJson),
    sleep,
    onMistake: (thrown) => logFault(thrown, 'internal', turn.requestId),
  };
}

function builtInToolsOf(env: GatewayBindings, turn: Turn, defer: Defer) {
  const embedder = createMemoryEmbedder(env, turn, defer);
  const { authority, requestId, sessionId, driver } = turn;
  const own = driver.kind === 'model' ? driver.model : undefined;
  const summariser = summaryModelOf(authority.policy.memory, own);
  const tools = createMemoryTools(env, {
    ...{ principal: authority.principal, requestId, sessionId },
    ...(summariser !== undefined && { summariser }),
    ...(embedder && { embedder }),
  });
  return new Map([...tools, [LOAD_SKILL, createLoadSkill(env)]]);
}

/** Lanes are many; beyond this number their lives are asked for anew. */
const MAX_KNOWN_LIVES = 1_024;

/** Of the lanes that this isolate has reached: a hint, since a lane that has another by now says so. */
const lives = new Map<string, string>();

function knownLifeOf(workspace: string): Pick<LaneCaller, 'life' | 'hearLife'> {
  return {
    life: lives.get(workspace),
    hearLife(life) {
      if (lives.size >= MAX_KNOWN_LIVES) lives.clear();
      lives.set(workspace, life);
    },
  };
}

/** A program's turn asks no model. A model that is gone since admission fails the turn. */
function modelOf(
  env: GatewayBindings,
  { driver, authority, workspace, wishes }: Turn,
): TurnPorts['model'] {
  if (driver.kind !== 'model') return plannerModel;
  const now = () => Date.now();
  const tools = (wishes?.tools.length ?? 0) > 0;
  const needs = { tools, streaming: driver.streams === true };
  const model = resolveModel(env, { name: driver.model, authority, workspace, needs, now });
  return model.ok ? model.value : createMissingModel(model.error);
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
