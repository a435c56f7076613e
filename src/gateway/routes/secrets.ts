/**
 * `/v1/secrets`: the vault of a workspace. Values go in and never come out.
 *
 * @module
 */

import * as z from 'zod';
import { openVault } from '../../blocks/vault/vault-client.ts';
import { isSecretName, secretSchema } from '../../core/vault/secret.ts';
import { namedActorOf } from '../actor-of.ts';
import { json, noContent } from '../json-response.ts';
import { invalidBody, noSuch, Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

const described = z.object({
  name: z.string(),
  version: z.number(),
  hosts: z.array(z.string()),
  createdAt: z.number(),
  updatedAt: z.number(),
});

const vaultDescription = z.object({
  secrets: z.array(described),
  dataKey: z.string().optional(),
  wrappedBy: z.string().optional(),
  contentKey: z.string().optional(),
  contentKeyWrappedBy: z.string().optional(),
});

const putSecret = defineRoute(
  {
    method: 'PUT',
    path: '/v1/secrets/{name}',
    operation: 'putSecret',
    summary: 'Store a secret, or a new version of it, and the hosts that it may be sent to',
    tag: 'secrets',
    access: 'system:secret:write',
    body: secretSchema,
    success: { status: 200, describes: described },
  },
  async (request) => {
    const { vault, actor, name } = about(request);
    if (!isSecretName(name)) {
      const detail = 'must be a lower-case letter, then at most 63 of a-z, 0-9 and "-"';
      throw invalidBody({ pointer: '/name', detail });
    }
    const written = await vault.put(actor, name, request.body);
    if (written === undefined) {
      throw new Refusal('limit_reached', {
        detail: 'Cannot write the secret: the workspace must have fewer',
      });
    }
    return json(written);
  },
);

const listSecrets = defineRoute(
  {
    method: 'GET',
    path: '/v1/secrets',
    operation: 'listSecrets',
    summary: 'List the secrets by name, version and hosts',
    tag: 'secrets',
    access: 'system:secret:list',
    success: { status: 200, describes: vaultDescription },
  },
  async (request) => json(await about(request).vault.list()),
);

const deleteSecret = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/secrets/{name}',
    operation: 'deleteSecret',
    summary: 'Delete a secret; calls that refer to it are refused from now on',
    tag: 'secrets',
    access: 'system:secret:write',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const { vault, actor, name } = about(request);
    if (!(await vault.remove(actor, name))) throw noSuch('secret');
    return noContent();
  },
);

const rewrapSecrets = defineRoute(
  {
    method: 'POST',
    path: '/v1/secrets/rewrap',
    operation: 'rewrapSecrets',
    summary:
      'Seal all secrets, and content from now on, with new keys under the present master key',
    tag: 'secrets',
    access: 'system:secret:write',
    success: { status: 200, describes: vaultDescription },
  },
  async (request) => {
    const { vault, actor } = about(request);
    return json(await vault.rewrap(actor));
  },
);

function about(request: RouteRequest<unknown, unknown>) {
  const { env, caller, params } = request;
  return {
    vault: openVault(env, caller.principal.workspace),
    actor: namedActorOf(request),
    name: params.name ?? '',
  };
}

export const secretRoutes: readonly Route[] = [putSecret, listSecrets, deleteSecret, rewrapSecrets];
