/**
 * `/v1/names` and `/v1/groups`: finding blocks, and sending to many at once.
 *
 * @module
 */

import * as z from 'zod';
import type { DirectoryApi } from '../../blocks/directory/directory-api.ts';
import { askDirectory } from '../../blocks/directory/directory-client.ts';
import { tellMembers } from '../../blocks/directory/members-client.ts';
import type { BlockAct } from '../../blocks/user/block-api.ts';
import type { BlockBody } from '../../core/blocks/block-body.ts';
import { blockNameSchema } from '../../core/blocks/block-spec.ts';
import { PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { json, noContent } from '../json-response.ts';
import { toPage } from '../list-page.ts';
import { toBlockBody } from '../message-body.ts';
import {
  actingBlockOf,
  blockActorOf,
  blockIdOf,
  blockWithId,
  noBlock,
  unwrap,
} from '../open-block.ts';
import { invalidBody, noSuch, Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

type AnyRequest = RouteRequest<unknown, unknown>;

const nameOf = ({ params }: AnyRequest): string => {
  const name = blockNameSchema.safeParse(params.name);
  if (!name.success) throw noSuch('name');
  return name.data;
};

/** One that is to be: it says what is wrong with it. */
const newNameOf = ({ params }: AnyRequest): string => {
  const name = blockNameSchema.safeParse(params.name);
  if (name.success) return name.data;
  throw invalidBody({ pointer: '/name', detail: name.error.issues[0]?.message ?? '' });
};

function ask<T>(request: AnyRequest, call: (directory: DirectoryApi) => Promise<T>): Promise<T> {
  return askDirectory(request.env, request.caller.principal.workspace, call);
}

async function act(request: AnyRequest, id: BlockId, what: BlockAct): Promise<void> {
  const actor = blockActorOf(request);
  unwrap(await blockWithId(request, id).again((block) => block.act(actor, what)));
}

const blockBody = z.strictObject({ block: z.string().max(64) });
const holder = z.object({ name: z.string(), id: z.string() });

const registerName = defineRoute(
  {
    method: 'PUT',
    path: '/v1/names/{name}',
    operation: 'registerName',
    summary: 'Give a block a name that is unique in the workspace, until it ends',
    tag: 'blocks',
    access: 'block:name',
    body: blockBody,
    success: { status: 200, describes: holder },
  },
  async (request) => {
    const name = newNameOf(request);
    const id = blockIdOf(request, request.body.block);
    await act(request, id, { kind: 'be-listed' });
    const registered = await ask(request, (directory) => directory.register(name, id));
    if (registered === 'taken') {
      throw new Refusal('conflict', {
        detail: 'Cannot take the name: no other block must have it',
      });
    }
    if (registered === 'too-many') {
      throw new Refusal('limit_reached', {
        detail: 'Cannot take the name: the block must have fewer',
      });
    }
    await act(request, id, { kind: 'named', name });
    return json({ name, id });
  },
);

const lookUpName = defineRoute(
  {
    method: 'GET',
    path: '/v1/names/{name}',
    operation: 'lookUpName',
    summary: 'Which block has this name',
    tag: 'blocks',
    access: 'block:name',
    success: { status: 200, describes: holder },
  },
  async (request) => {
    const name = nameOf(request);
    const id = await ask(request, (directory) => directory.lookup(name));
    if (id === undefined) throw noBlock();
    return json({ name, id });
  },
);

const releaseName = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/names/{name}',
    operation: 'releaseName',
    summary: 'Take a name from its block',
    tag: 'blocks',
    access: 'block:name',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const name = nameOf(request);
    const id = await ask(request, (directory) => directory.lookup(name));
    if (id === undefined) throw noBlock();
    await act(request, id, { kind: 'be-listed' });
    await ask(request, (directory) => directory.unregister(name, id));
    return noContent();
  },
);

const readGroup = defineRoute(
  {
    method: 'GET',
    path: '/v1/groups/{name}',
    operation: 'readGroup',
    summary: 'The members of a group',
    tag: 'blocks',
    access: 'block:group',
    query: z.strictObject({
      after: z.string().max(64).default(''),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
    success: {
      status: 200,
      describes: z.object({ members: z.array(z.string()), next: z.string().optional() }),
    },
  },
  async (request) => {
    const { after, limit } = request.query;
    const group = nameOf(request);
    const read = await ask(request, (directory) => directory.members(group, after, limit + 1));
    const { shown, ...more } = toPage(read, limit, (id) => id);
    return json({ members: shown, ...more });
  },
);

const changeMember = (kind: 'join' | 'leave') =>
  defineRoute(
    {
      method: kind === 'join' ? 'PUT' : 'DELETE',
      path: '/v1/groups/{name}/members/{id}',
      operation: `${kind}Group`,
      summary: kind === 'join' ? 'Take a block into a group, until it ends' : 'Leave a group',
      tag: 'blocks',
      access: 'block:group',
      success: { status: 204, describes: z.undefined() },
    },
    async (request) => {
      const group = kind === 'join' ? newNameOf(request) : nameOf(request);
      const id = blockIdOf(request, request.params.id);
      await act(request, id, { kind: 'be-listed' });
      const done = await ask(request, (directory) => directory[kind](group, id));
      if (!done && kind === 'join') {
        const detail = 'Cannot join: the group must have fewer members, or the block fewer groups';
        throw new Refusal('limit_reached', { detail });
      }
      return noContent();
    },
  );

const broadcast = defineRoute(
  {
    method: 'POST',
    path: '/v1/groups/{name}/messages',
    operation: 'broadcast',
    summary: 'Send a message to all members of a group',
    tag: 'blocks',
    access: 'block:send',
    body: z.strictObject({ body: z.json() }),
    actingBlock: 'acts',
    success: {
      status: 202,
      describes: z.object({ members: z.number(), accepted: z.number(), refused: z.number() }),
    },
    idempotency: 'replay',
  },
  async (request) => {
    const { workspace } = request.caller.principal;
    const group = { workspace, group: nameOf(request) };
    const body = toBlockBody(request.body);
    const tellOne = (id: BlockId) => tell(request, id, body);
    const { members, told } = await tellMembers(request.env, group, tellOne);
    return json({ members, accepted: told, refused: members - told }, 202);
  },
);

/** Whether this member has accepted. */
async function tell(request: AnyRequest, to: BlockId, body: BlockBody): Promise<boolean> {
  const actor = blockActorOf(request);
  const label = PRINCIPAL_LABEL;
  const acting = actingBlockOf(request);
  if (acting === undefined) {
    const message = { from: actor, body, label };
    const sent = await blockWithId(request, to).once((block) => block.send(message));
    return sent.ok && sent.value.acceptance.kind === 'accepted';
  }
  const envelope = { messageId: `${request.requestId}/${to}`, body, label };
  const what = { kind: 'send', to, envelope } as const;
  const done = await blockWithId(request, acting).once((block) => block.act(actor, what));
  const answer = unwrap(done);
  return answer.kind === 'sent' && answer.acceptance.kind === 'accepted';
}

export const blockNameRoutes: readonly Route[] = [
  registerName,
  lookUpName,
  releaseName,
  readGroup,
  changeMember('join'),
  changeMember('leave'),
  broadcast,
];
