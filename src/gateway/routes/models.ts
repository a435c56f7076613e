/**
 * `/v1/models`, for the clients of OpenAI and of Anthropic alike: each finds in an entry what it looks
 * for.
 *
 * @module
 */

import * as z from 'zod';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { aliasOf } from '../../core/policy/model-policy.ts';
import {
  type AliasDescription,
  describeAlias,
  listModels,
  type ModelDescription,
} from '../../models/model-catalogue.ts';
import { providerBreakers } from '../../models/provider-health.ts';
import type { GatewayBindings } from '../bindings.ts';
import { json } from '../json-response.ts';
import { Refusal } from '../refusal.ts';
import { requireModel } from '../require-model.ts';
import { type Caller, defineRoute, type Route } from '../route.ts';

const model = z.looseObject({ id: z.string(), object: z.literal('model') });

const models = defineRoute(
  {
    method: 'GET',
    path: '/v1/models',
    operation: 'listModels',
    summary: 'List the models of this deployment',
    tag: 'openai',
    access: 'any-principal',
    success: {
      status: 200,
      describes: z.looseObject({ object: z.literal('list'), data: z.array(model) }),
    },
    errorShape: 'openai',
    takesApiKey: true,
  },
  async ({ env, caller }) => {
    const data = [...listModels(env), ...(await aliasesOf(env, caller))].map((one) =>
      toEntry(one, caller),
    );
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return json({ object: 'list', data, has_more: false, ...ends });
  },
);

const readModel = defineRoute(
  {
    method: 'GET',
    path: '/v1/models/{model}',
    operation: 'readModel',
    summary: 'Describe a model; its name is percent-encoded, since it holds a slash',
    tag: 'openai',
    access: 'any-principal',
    success: { status: 200, describes: model },
    errorShape: 'openai',
    takesApiKey: true,
  },
  async ({ env, caller, params }) => {
    const { model: id = '' } = params;
    if (id.endsWith('/*')) throw new Refusal('model_unknown');
    requireModel(env, id);
    const all = aliasOf(id) === undefined ? listModels(env) : await aliasesOf(env, caller);
    const known = all.find((one) => one.id === id);
    if (known === undefined && aliasOf(id) !== undefined) throw new Refusal('model_unknown');
    return json(toEntry(known ?? { id, description: `The model ${id}.` }, caller));
  },
);

/** When a model was made nobody knows here; both vendors' clients want some instant. */
const CREATED_AT = '1970-01-01T00:00:00Z';

async function aliasesOf(env: GatewayBindings, caller: Caller): Promise<AliasDescription[]> {
  const workspace = await openWorkspace(env, caller.principal.workspace).describe();
  return Object.entries(workspace?.policy.models.aliases ?? {}).map(([name, models]) =>
    describeAlias(name, models),
  );
}

type Entry = Pick<ModelDescription, 'id' | 'description'> & Partial<AliasDescription>;

/** Health is what this isolate has seen of the provider in this workspace. */
function toEntry({ id, description, models }: Entry, { principal }: Caller) {
  const provider = id.slice(0, id.indexOf('/'));
  return {
    ...(models === undefined
      ? { health: providerBreakers.healthOf(principal.workspace, provider, Date.now()) }
      : { models }),
    id,
    object: 'model',
    created: 0,
    owned_by: provider,
    description,
    type: 'model',
    display_name: id,
    created_at: CREATED_AT,
  };
}

export const modelRoutes: readonly Route[] = [models, readModel];
