/**
 * `/v1/memory`: what is remembered for a principal, whole: to be read, and to be deleted.
 *
 * @module
 */

import * as z from 'zod';
import { openMemory } from '../../blocks/memory/memory-client.ts';
import { toRemembererName } from '../../core/policy/principal.ts';
import { namedActorOf } from '../actor-of.ts';
import { admit, requireNoTool } from '../admit.ts';
import { json } from '../json-response.ts';
import { principalNameSchema } from '../principal-name.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

const label = z.object({ integrity: z.string(), confidentiality: z.string() });

const memory = z.object({
  id: z.string(),
  kind: z.enum(['note', 'fact', 'summary']),
  text: z.string(),
  subject: z.string().optional(),
  predicate: z.string().optional(),
  label,
  source: z.object({ session: z.string(), callKey: z.string(), tool: z.string() }),
  rememberedAt: z.number(),
  supersededAt: z.number().optional(),
  model: z.string().optional(),
  summaryId: z.string().optional(),
});

const ofUser = z.strictObject({ user: principalNameSchema.optional() });

const exportQuery = ofUser.extend({ after: z.coerce.number().int().min(0).default(0) });

/** The caller's own, or with `system:admin` anybody's. */
async function ownerOf(
  request: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'requestId'>,
  { asked, operation }: { readonly asked: string | undefined; readonly operation: string },
): Promise<string> {
  const own = toRemembererName(request.caller.principal);
  if (asked === undefined || asked === own) return own;
  await admit({ access: 'system:admin', operation }, request.caller, request);
  return asked;
}

const exportMemory = defineRoute(
  {
    method: 'GET',
    path: '/v1/memory/export',
    operation: 'exportMemory',
    summary: 'All that is remembered for the caller, or with `system:admin` for `user`, in parts',
    tag: 'memory',
    access: 'storage:memory:read',
    query: exportQuery,
    success: {
      status: 200,
      describes: z.object({ memories: z.array(memory), next: z.number().optional() }),
    },
  },
  async (request) => {
    const { env, caller, query } = request;
    await requireNoTool(request, { access: 'storage:memory:read', operation: 'exportMemory' });
    const owner = await ownerOf(request, { asked: query.user, operation: 'exportMemory' });
    const memories = openMemory(env, caller.principal.workspace);
    return json(await memories.exportRows(namedActorOf(request), owner, query.after));
  },
);

const eraseMemory = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/memory',
    operation: 'eraseMemory',
    summary: 'Delete all that is remembered for the caller, or with `system:admin` for `user`',
    tag: 'memory',
    access: 'storage:memory:write',
    query: ofUser,
    success: { status: 200, describes: z.object({ erased: z.number() }) },
  },
  async (request) => {
    const { env, caller, query } = request;
    await requireNoTool(request, { access: 'storage:memory:write', operation: 'eraseMemory' });
    const owner = await ownerOf(request, { asked: query.user, operation: 'eraseMemory' });
    const memories = openMemory(env, caller.principal.workspace);
    return json({ erased: await memories.erase(namedActorOf(request), owner) });
  },
);

export const memoryRoutes: readonly Route[] = [exportMemory, eraseMemory];
