/**
 * Refuses a model that this deployment does not have, before anything is written.
 *
 * @module
 */

import type { AdmitTurn } from '../blocks/session/session-api.ts';
import { aliasOf } from '../core/policy/model-policy.ts';
import { chooseModel } from '../models/choose-model.ts';
import type { GatewayBindings } from './bindings.ts';
import { Refusal } from './refusal.ts';

export function requireModel(env: GatewayBindings, model: string): void {
  // What an alias stands for, and whether there is one, is the workspace's to say.
  if (aliasOf(model) !== undefined || chooseModel(env, model).ok) return;
  throw new Refusal('model_unknown', {
    detail: 'Cannot use the model: it must be one that GET /v1/models lists',
    errors: [{ pointer: '/model', detail: 'unknown model' }],
  });
}

/** What runs a turn: the model that is named, or else that of its session. */
export function toDriver(env: GatewayBindings, model: string | undefined): AdmitTurn['driver'] {
  if (model === undefined) return { kind: 'default-model' };
  requireModel(env, model);
  return { kind: 'model', model };
}
