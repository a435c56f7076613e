/**
 * The models of this deployment, as `GET /v1/models` shows them.
 *
 * Lists what can be used now: the embedded models always, a vendor's once its key is set. Vendors
 * bring out models faster than gateways, so each is also listed as `provider/*`: any model of its.
 *
 * @module
 */

import { toAliasName } from '../core/policy/model-policy.ts';
import type { ModelBindings } from './model-bindings.ts';
import { FREE, type ModelPrice, pricedModels, UNKNOWN_PRICE } from './model-price.ts';
import { compatibleName, knownPrice, listProviders } from './providers.ts';

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
];

/** An alias of a workspace, and what it stands for. */
export function describeAlias(name: string, models: readonly string[]): AliasDescription {
  const description = `The first of these that answers: ${models.join(', ')}.`;
  return { id: toAliasName(name), description, models };
}

export interface AliasDescription extends Pick<ModelDescription, 'id' | 'description'> {
  /** In the order in which they are asked. */
  readonly models: readonly string[];
}

export function listModels(env: ModelBindings): readonly ModelDescription[] {
  const vendors = Object.entries(listProviders(env)).flatMap(([name, provider]) => {
    if (provider.missing(env) !== undefined) return [];
    return describeAll(env, name, provider.title);
  });
  const workersAi =
    env.AI === undefined ? [] : describeAll(env, 'workers-ai', 'Cloudflare Workers AI');
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
