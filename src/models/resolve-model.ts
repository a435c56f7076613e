/**
 * From the model that a turn names to the port that it asks: one model, or the chain that an alias
 * stands for, under the policy of its workspace.
 *
 * @module
 */

import type { ModelPort } from '../agent/ports.ts';
import type { Authority } from '../core/policy/authority.ts';
import { usableModels } from '../core/policy/model-access.ts';
import { isEmbeddedModel } from '../core/policy/model-name.ts';
import { ok, type Result } from '../core/primitives/result.ts';
import { chooseModel, type UnknownModel } from './choose-model.ts';
import { type Candidate, createFailoverModel } from './failover-model.ts';
import type { ModelBindings } from './model-bindings.ts';
import { providerBreakers } from './provider-health.ts';

export interface ModelWish {
  readonly name: string;
  readonly authority: Authority;
  readonly workspace: string;
  readonly now: () => number;
}

/** Models of the chain that the deployment does not have, or whose price policy wants known, are left out. */
export function resolveModel(
  env: ModelBindings,
  { name, authority, workspace, now }: ModelWish,
): Result<ModelPort, UnknownModel> {
  if (isEmbeddedModel(name)) return chooseModel(env, name);
  const { models, budgets } = authority.policy;
  const { firstByteMs } = models;
  const { unknownPrice } = budgets;
  const chosen = usableModels(authority, name, now()).map(
    (id) => [id, chooseModel(env, id, { firstByteMs, unknownPrice })] as const,
  );
  const candidates = chosen.flatMap(([id, port]): Candidate[] =>
    port.ok ? [{ id, port: port.value }] : [],
  );
  const breakers = providerBreakers;
  if (candidates.length > 0) {
    return ok(createFailoverModel({ candidates, workspace, breakers, now }));
  }
  return chosen[0]?.[1] ?? chooseModel(env, name);
}
