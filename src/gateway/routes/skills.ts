/**
 * `/v1/skills`: instructions that models load when a task is for them, as `SKILL.md` documents.
 *
 * @module
 */

import * as z from 'zod';
import { openSkills } from '../../blocks/workspace/skill-client.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import type { InstalledSkill } from '../../core/skills/installed-skill.ts';
import { SKILL_LIMITS } from '../../core/skills/skill-document.ts';
import { actorOf } from '../actor-of.ts';
import { json, noContent } from '../json-response.ts';
import { found, noSuch } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { fromWorkspace } from '../workspace-refusal.ts';

const described = z.object({
  name: z.string(),
  description: z.string(),
  license: z.string().optional(),
  compatibility: z.string().optional(),
  metadata: z.record(z.string(), z.string()),
  allowedTools: z.array(z.string()).optional(),
  triggers: z.object({ auto: z.boolean(), keywords: z.array(z.string()) }),
  sha256: z.string(),
  /** Whether it is told to models by itself, as the operator's own word. */
  isTrusted: z.boolean(),
  installedBy: z.string(),
  installedAt: z.number(),
});

type AnyRequest = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'requestId'>;

const skillsOf = ({ env, caller }: AnyRequest) => openSkills(env, caller.principal.workspace);

const installSkill = defineRoute(
  {
    method: 'POST',
    path: '/v1/skills',
    operation: 'installSkill',
    summary: 'Install a SKILL.md, or replace the skill of its name',
    tag: 'skills',
    access: 'system:plugin:install',
    body: z.strictObject({ document: z.string().min(1).max(SKILL_LIMITS.document) }),
    success: { status: 201, describes: described },
    idempotency: 'replay',
  },
  async (request) => {
    const { document } = request.body;
    const installed = await skillsOf(request).installSkill(actorOf(request), document);
    if (!installed.ok) throw fromWorkspace(installed.error);
    return json(installed.value, 201);
  },
);

const listSkills = defineRoute(
  {
    method: 'GET',
    path: '/v1/skills',
    operation: 'listSkills',
    summary: 'List the skills of the workspace, without their texts',
    tag: 'skills',
    access: 'system:plugin:list',
    success: { status: 200, describes: z.object({ skills: z.array(described) }) },
  },
  async (request) => {
    const { env, caller } = request;
    const { principal } = caller;
    const authority = await openWorkspace(env, principal.workspace).authority(principal);
    const skills: readonly InstalledSkill[] = authority?.skills ?? [];
    return json({ skills });
  },
);

const readSkill = defineRoute(
  {
    method: 'GET',
    path: '/v1/skills/{name}',
    operation: 'readSkill',
    summary: 'One skill with its text',
    tag: 'skills',
    access: 'system:plugin:list',
    success: { status: 200, describes: described.extend({ body: z.string() }) },
  },
  async (request) => {
    const read = await skillsOf(request).skill(request.params.name ?? '');
    const { skill, body } = found(read, 'skill');
    return json({ ...skill, body });
  },
);

const deleteSkill = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/skills/{name}',
    operation: 'deleteSkill',
    summary: 'Delete a skill; what was said of it in a session stays there',
    tag: 'skills',
    access: 'system:plugin:delete',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const name = request.params.name ?? '';
    if (!(await skillsOf(request).deleteSkill(actorOf(request), name))) throw noSuch('skill');
    return noContent();
  },
);

export const skillRoutes: readonly Route[] = [installSkill, listSkills, readSkill, deleteSkill];
