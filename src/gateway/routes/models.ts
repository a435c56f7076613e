/**
 * `/v1/models`, for the clients of OpenAI and of Anthropic alike: each finds in an entry what it looks
 * for.
 *
 * @module
 */

import * as z from 'zod';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { PROVIDER_FAILURES } from '../../core/policy/provider-failure.ts';
import { chooseModel } from '../../models/choose-model.ts';
import { providerOf } from '../../models/hear-failure.ts';
import {
  describeNames,
  listModels,
  type ModelDescription,
  type NameDescription,
} from '../../models/model-catalogue.ts';
import { factsOf } from '../../models/model-facts.ts';
import { providerBreakers } from '../../models/provider-health.ts';
import { json } from '../json-response.ts';
import { unknownModel } from '../require-model.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

const model = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.number(),
  owned_by: z.string(),
  description: z.string(),
  type: z.literal('model'),
  display_name: z.string(),
  created_at: z.string(),
  capabilities: z.object({
    tools: z.boolean(),
    vision: z.boolean(),
    streaming: z.boolean(),
    embeddings: z.boolean(),
  }),
  /** Most tokens of a conversation; `null` where nobody says. */
  context_window: z.number().nullable(),
  /** Of an agent or alias: what it stands for, in the order in which they are asked. */
  models: z.array(z.string()).optional(),
  /** Of everything else. */
  health: z
    .object({
      state: z.enum(['available', 'failing']),
      failure: z.enum(PROVIDER_FAILURES).optional(),
      retryAt: z.number().optional(),
    })
    .optional(),
});

const models = defineRoute(
  {
    method: 'GET',
    path: '/v1/models',
    operation: 'listModels',
    summary: 'List the models of this deployment, and the agents and aliases of the workspace',
    tag: 'openai',
    access: 'any-principal',
    success: {
      status: 200,
      describes: z.object({
        object: z.literal('list'),
        data: z.array(model),
        has_more: z.literal(false),
        first_id: z.string().nullable(),
        last_id: z.string().nullable(),
      }),
    },
    errorShape: 'openai',
    takesApiKey: true,
  },
  async (request) => {
    const { env } = request;
    const data = [...listModels(env), ...(await namesOf(request))].map((one) =>
      toEntry(one, request),
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
  async (request) => {
    const { model: id = '' } = request.params;
    if (id.endsWith('/*')) throw unknownModel();
    const named = (await namesOf(request)).find((one) => one.id === id);
    if (named !== undefined) return json(toEntry(named, request));
    const { env } = request;
    const listed = listModels(env).find((one) => one.id === id);
    if (listed !== undefined) return json(toEntry(listed, request));
    if (!chooseModel(env, id).ok) throw unknownModel();
    return json(toEntry({ id, description: `The model ${id}.` }, request));
  },
);

/** When a model was made nobody knows here; both vendors' clients want some instant. */
const CREATED_AT = '1970-01-01T00:00:00Z';

type Asked = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>;

async function namesOf({ env, caller }: Asked): Promise<readonly NameDescription[]> {
  const { workspace } = caller.principal;
  const described = await openWorkspace(env, workspace).describe();
  return described === undefined ? [] : describeNames(workspace, described.policy);
}

type Entry = Pick<ModelDescription, 'id' | 'description'> & Partial<NameDescription>;

/** Health is what this isolate has seen of the provider in this workspace. */
function toEntry({ id, description, models }: Entry, asked: Asked): z.infer<typeof model> {
  const { env, caller } = asked;
  const { workspace } = caller.principal;
  const provider = providerOf(id);
  const facts = (models ?? [id]).map((model) => factsOf(env, model));
  const contexts = facts.flatMap(({ contextTokens }) => contextTokens ?? []);
  return {
    ...(models === undefined
      ? { health: providerBreakers.healthOf(workspace, provider, Date.now()) }
      : { models: [...models] }),
    id,
    object: 'model',
    created: 0,
    owned_by: provider,
    description,
    type: 'model',
    display_name: id,
    created_at: CREATED_AT,
    // Of several, what any of them can do: who cannot is left out of a request.
    capabilities: {
      tools: facts.some(({ tools }) => tools),
      vision: facts.some(({ vision }) => vision),
      streaming: facts.some(({ streaming }) => streaming),
      embeddings: facts.some(({ kind }) => kind === 'embedding'),
    },
    context_window: contexts.length === facts.length ? Math.max(...contexts) : null,
  };
}

export const modelRoutes: readonly Route[] = [models, readModel];
