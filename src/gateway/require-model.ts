/**
 * Refuses a model that this deployment does not have, or that cannot do what is asked of it, before
 * anything is written.
 *
 * What an alias or an agent stands for is the workspace's to say: those are looked at when the turn runs,
 * still before any provider is asked.
 *
 * @module
 */

import type { AdmitTurn } from '../blocks/session/session-api.ts';
import { agentNameOf } from '../core/policy/agent-policy.ts';
import { MODEL_NAME } from '../core/policy/model-name.ts';
import { aliasOf } from '../core/policy/model-policy.ts';
import { chooseModel } from '../models/choose-model.ts';
import {
  factsOf,
  findIncapability,
  type Incapability,
  type ModelNeeds,
} from '../models/model-facts.ts';
import { Refusal } from './refusal.ts';
import type { RouteRequest } from './route.ts';

type Asked = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>;

const NO_NEEDS: ModelNeeds = { kind: 'language', tools: false, streaming: false, inputTokens: 0 };

export function requireModel(
  { env, caller }: Asked,
  model: string,
  needs: Partial<ModelNeeds> = {},
): void {
  // It comes onto the record as it is, so it must be a name and no text.
  if (!MODEL_NAME.test(model)) throw unknownModel();
  if (aliasOf(model) !== undefined) return;
  if (!chooseModel(env, model).ok) {
    if (agentNameOf(caller.principal.workspace, model) !== undefined) return;
    throw unknownModel();
  }
  const lacking = findIncapability(factsOf(env, model), { ...NO_NEEDS, ...needs });
  if (lacking !== undefined) throw toIncapable(lacking);
}

export function unknownModel(): Refusal {
  return new Refusal('model_unknown', {
    detail: 'Cannot use the model: it must be one that GET /v1/models lists',
    errors: [{ pointer: '/model', detail: 'unknown model' }],
  });
}

const WHY_NOT: Readonly<Record<Incapability, string>> = {
  kind: 'it must be of the kind that this route is for',
  tools: 'it must be one that calls tools, or the request must bring none',
  streaming: 'it must be one that streams, or the request must not ask for a stream',
  context: 'the request must fit into its context',
};

export function toIncapable(lacking: Incapability): Refusal {
  const detail = `Cannot use the model: ${WHY_NOT[lacking]}`;
  const errors = [{ pointer: '/model', detail: WHY_NOT[lacking] }];
  return new Refusal('model_incapable', { reason: lacking, detail, errors });
}

/** What runs a turn: the model that is named, or else that of its session. */
export function toDriver(
  asked: Asked,
  model: string | undefined,
  streams: boolean,
): AdmitTurn['driver'] {
  const streaming = streams && ({ streams } as const);
  if (model === undefined) return { kind: 'default-model', ...streaming };
  requireModel(asked, model, { streaming: streams });
  return { kind: 'model', model, ...streaming };
}
