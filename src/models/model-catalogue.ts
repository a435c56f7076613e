/**
 * The models of this deployment, as `GET /v1/models` shows them.
 *
 * Lists what can be used now: the embedded models always, a vendor's once its key is set. Vendors
 * bring out models faster than gateways, so each is also listed as `provider/*`: any model of its.
 *
 * @module
 */

import { toAgentModel } from '../core/policy/agent-policy.ts';
import { aliasOf, toAliasName } from '../core/policy/model-policy.ts';
import type { Policy } from '../core/policy/policy.ts';
import { gatewayProblem } from './ai-gateway.ts';
import type { ModelBindings } from './model-bindings.ts';
import { FREE, type ModelPrice, pricedModels, UNKNOWN_PRICE } from './model-price.ts';
import { compatibleName, knownPrice, listProviders } from './providers.ts';
import { WORKERS_AI } from './workers-ai/run-model.ts';

export interface ModelDescription {
  /** `provider/model`, or `provider/*` for every other model of the provider. */
  readonly id: string;
  readonly provider: string;
  readonly description: string;
  /** USD per million tokens, as budgets count them. */
  readonly price: Pick<ModelPrice, 'input' | 'output'>;
}

const EMBEDDED: readonly ModelDescription[] = [
  {
    id: 'embedded/planner',
    provider: 'embedded',
    description:
      'Not a language model: a deterministic program inside the gateway that matches plain ' +
      'requests against the installed tools, calls them and reports the results. Needs no key.',
    price: FREE,
  },
  {
    id: 'embedded/script',
    provider: 'embedded',
    description:
      'Not a language model: replays the conversation that the user message spells out as JSON, ' +
      '{"script": [{"text": …, "toolCalls": […]}, …]}. For tests. Needs no key.',
    price: FREE,
  },
  {
    id: 'embedded/lexical',
    provider: 'embedded',
    description:
      'Not a trained model: a deterministic hash of words and letters that knows no meaning, for ' +
      'embeddings of what is written alike. Needs no key.',
    price: FREE,
  },
];

/** What a workspace calls its models: its agents and aliases, and what they stand for. */
export function describeNames(
  workspace: string,
  { agents, models: { aliases } }: Pick<Policy, 'agents' | 'models'>,
): readonly NameDescription[] {
  const ofAliases = Object.entries(aliases).map(([name, models]) => {
    const description = `The first of these that answers: ${models.join(', ')}.`;
    return { id: toAliasName(name), description, models };
  });
  const ofAgents = Object.entries(agents).map(([name, { description, model }]) => {
    const alias = aliasOf(model);
    const models = alias === undefined ? [model] : (aliases[alias] ?? []);
    const usual = `An agent of this workspace, which asks ${model}.`;
    return { id: toAgentModel(workspace, name), description: description ?? usual, models };
  });
  return [...ofAgents, ...ofAliases];
}

export interface NameDescription extends Pick<ModelDescription, 'id' | 'description'> {
  /** In the order in which they are asked. */
  readonly models: readonly string[];
}

export function listModels(env: ModelBindings): readonly ModelDescription[] {
  const vendors = Object.entries(listProviders(env)).flatMap(([name, provider]) => {
    if (provider.missing(env) !== undefined) return [];
    return describeAll(env, name, provider.title);
  });
  const hasWorkersAi = env.AI !== undefined && gatewayProblem(env) === undefined;
  const workersAi = hasWorkersAi ? describeAll(env, WORKERS_AI, 'Cloudflare Workers AI') : [];
  return [...EMBEDDED, ...vendors, ...workersAi];
}

function describeAll(env: ModelBindings, provider: string, title: string): ModelDescription[] {
  return [...namesFor(env, provider), `${provider}/*`].map((id) => {
    const { input, output } = knownPrice(env, id) ?? UNKNOWN_PRICE;
    const description = id.endsWith('/*') ? `Any other model of ${title}.` : `By ${title}.`;
    return { id, provider, description, price: { input, output } };
  });
}

function namesFor(env: ModelBindings, provider: string): readonly string[] {
  if (provider !== compatibleName(env)) return pricedModels(provider);
  return (env.OPENAI_COMPATIBLE_MODELS ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => `${provider}/${name}`);
}
