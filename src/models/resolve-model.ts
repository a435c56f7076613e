/**
 * From the model that a turn names to the port that it asks: one model, or the chain that an alias
 * stands for, under the policy of its workspace.
 *
 * @module
 */

import type { ModelPort } from '../agent/ports.ts';
import type { Authority } from '../core/policy/authority.ts';
import { languageUse, usableModels } from '../core/policy/model-access.ts';
import { isEmbeddedModel } from '../core/policy/model-name.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { chooseModel, type ModelTerms, type UnknownModel } from './choose-model.ts';
import { type Candidate, createFailoverModel } from './failover-model.ts';
import type { ModelBindings } from './model-bindings.ts';
import { factsOf, findIncapability, type Incapability, type ModelNeeds } from './model-facts.ts';
import { providerBreakers } from './provider-health.ts';

export interface ModelWish {
  readonly name: string;
  readonly authority: Authority;
  readonly workspace: string;
  /** What the turn asks of it, its length aside. */
  readonly needs: Pick<ModelNeeds, 'tools' | 'streaming'>;
  readonly now: () => number;
}

/**
 * Models of the chain are left out that the deployment does not have, whose price policy wants known, or
 * that cannot do what is asked.
 */
export function resolveModel(
  env: ModelBindings,
  { name, authority, workspace, needs, now }: ModelWish,
): Result<ModelPort, UnknownModel> {
  if (isEmbeddedModel(name)) return chooseModel(env, name);
  const use = languageUse(needs.streaming === true);
  const { models, budgets } = authority.policy;
  const ids = usableModels(authority, name, { use, now: now() });
  const terms = { firstByteMs: models.firstByteMs, unknownPrice: budgets.unknownPrice };
  return resolveChain(env, { ids, terms, workspace, needs, now }) ?? chooseModel(env, name);
}

export interface ChainWish extends Pick<ModelWish, 'workspace' | 'needs' | 'now'> {
  /** In the order in which they are asked. */
  readonly ids: readonly string[];
  readonly terms: ModelTerms;
}

/** The first problem where none of them can be used; nothing if there are none. */
export function resolveChain(
  env: ModelBindings,
  { ids, terms, workspace, needs, now }: ChainWish,
): Result<ModelPort, UnknownModel> | undefined {
  const chosen = ids.map((id): Choice => {
    const facts = factsOf(env, id);
    const lacking = findIncapability(facts, { ...needs, kind: 'language', inputTokens: 0 });
    if (lacking !== undefined) return err(INCAPABLE[lacking]);
    const port = chooseModel(env, id, terms);
    return port.ok ? ok({ id, port: port.value, facts }) : port;
  });
  const candidates = chosen.flatMap((choice) => (choice.ok ? [choice.value] : []));
  const breakers = providerBreakers;
  if (candidates.length > 0) {
    return ok(createFailoverModel({ candidates, workspace, breakers, now }));
  }
  return chosen.find((choice) => !choice.ok);
}

type Choice = Result<Candidate, UnknownModel>;

const incapable = (must: string): UnknownModel => ({
  code: 'model_incapable',
  message: `Cannot use the model: ${must}`,
});

const INCAPABLE: Readonly<Record<Incapability, UnknownModel>> = {
  kind: incapable('it must be a language model'),
  tools: incapable('it must call tools'),
  streaming: incapable('it must stream'),
  context: incapable('the conversation must fit into its context'),
};
