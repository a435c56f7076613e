/**
 * A real gateway with the tools of one suite installed, as its operator would set it up.
 *
 * @module
 */

import { type Api, callApi } from '../../test/support/api.ts';
import { type Gateway, startGateway } from '../../test/support/gateway.ts';
import type { ModelServer } from '../../test/support/planned-model.ts';
import { uploadScript } from '../../test/support/script-plugins.ts';
import type { Players } from './play-turn.ts';
import { toReplaySource } from './replay-plugin.ts';
import type { Suite } from './suite-data.ts';
import { type SuitePolicy, toManifest } from './suite-policy.ts';

export interface SuiteGateway extends Players {
  /** Which trace the tools replay, and what an attacker wrote into it. */
  readonly replay: (task: string, attack?: string) => Promise<void>;
  readonly dispose: () => Promise<void>;
}

export async function startSuiteGateway(
  suite: Suite,
  policy: SuitePolicy,
  model: ModelServer,
): Promise<SuiteGateway> {
  // With the example plugins: one of them keeps notes.
  const gateway = await startGateway({
    secrets: { OPENAI_COMPATIBLE_BASE_URL: model.url, OPENAI_COMPATIBLE_API_KEY: 'sk-none' },
  });
  try {
    const operator = callApi(gateway);
    await liftLimits(operator);
    await install(gateway, suite, policy);
    const replay = async (task: string, attack = '') => {
      const values = { task, attack };
      must(await operator.put(`/v1/plugins/${suite.name}/config`, { values }));
    };
    const agent = await openAgent(gateway, operator);
    return { agent, human: operator, model, replay, dispose: gateway.dispose };
  } catch (error) {
    await gateway.dispose();
    throw error;
  }
}

/** Who asks and runs turns; the operator, with another credential, answers questions. */
async function openAgent(gateway: Gateway, operator: Api): Promise<Api> {
  const { token } = must(
    await operator.post('/v1/tokens', {
      subject: { kind: 'service', id: 'agent' },
      grants: ['tool:*', 'session:*', 'provider:*', 'storage:*', 'block:*'],
    }),
  );
  return callApi(gateway, token);
}

const PLENTY = { costMicroUsd: 1_000_000_000_000, tokens: 1_000_000_000_000 };

/** Rates, and lengths of turns: neither is what is measured here. Models may remember. */
async function liftLimits(operator: Api): Promise<void> {
  const path = '/v1/workspaces/default';
  const { policy } = must(await operator.get(path));
  const rate = { calls: 1_000_000, periodMs: 60_000 };
  must(
    await operator.put(path, {
      policy: {
        ...policy,
        rates: { ...policy.rates, workspace: rate, principal: rate, session: rate },
        limits: { ...policy.limits, maxRounds: 64, maxToolCalls: 128, maxTokens: 10_000_000 },
        budgets: { ...policy.budgets, workspace: { day: PLENTY } },
        memory: { ...policy.memory, enabled: true },
        // The traces hold passwords and account numbers that nobody has.
        plugins: { ...policy.plugins, bundledSecrets: 'warn' },
      },
    }),
  );
}

async function install(gateway: Gateway, suite: Suite, policy: SuitePolicy): Promise<void> {
  const manifest = toManifest(suite, policy);
  const source = toReplaySource(suite, Object.keys(policy));
  const { status, body } = await uploadScript(gateway, manifest, source);
  if (status !== 201) throw new Error(`Cannot install the suite: ${JSON.stringify(body)}`);
}

function must({ status, body }: Awaited<ReturnType<Api['get']>>) {
  if (status >= 300) throw new Error(`The gateway answered ${status}: ${JSON.stringify(body)}`);
  return body;
}
