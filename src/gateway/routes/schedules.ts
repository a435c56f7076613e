/**
 * `/v1/schedules`: turns that begin by the clock, each within grants and a budget of its own.
 *
 * @module
 */

import * as z from 'zod';
import type { ScheduleDescription } from '../../blocks/schedule/schedule-api.ts';
import { openSchedules } from '../../blocks/schedule/schedule-client.ts';
import { findGrant, type Grant } from '../../core/capabilities/grant.ts';
import { parseCapability } from '../../core/capabilities/pattern.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { firstRunOf } from '../../core/schedules/plan-run.ts';
import { neededBy, type ScheduleSpec, scheduleSchema } from '../../core/schedules/schedule-spec.ts';
import { namedActorOf } from '../actor-of.ts';
import { json, noContent } from '../json-response.ts';
import { found, noSuch, Refusal } from '../refusal.ts';
import { requireModel } from '../require-model.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { requireGrants, toGrants } from '../spawn-order.ts';

const run = z.object({
  dueAt: z.number(),
  status: z.string(),
  sessionId: z.string().optional(),
  turnId: z.string().optional(),
  code: z.string().optional(),
  endedAt: z.number().optional(),
  refused: z.array(z.string()).optional(),
  delivery: z.string().optional(),
});

const described = z.object({
  name: z.string(),
  spec: z.record(z.string(), z.unknown()),
  isPaused: z.boolean(),
  createdBy: z.string(),
  createdAt: z.number(),
  nextAt: z.number().optional(),
  idleAt: z.number().optional(),
  runs: z.array(run),
});

/** What would be denied at every run is refused at once. */
function requireNeeded(spec: ScheduleSpec, grants: readonly Grant[]): void {
  const now = Date.now();
  const missing = neededBy(spec).filter((text) => {
    const capability = parseCapability(text);
    return !capability.ok || findGrant(grants, capability.value, now) === undefined;
  });
  if (missing.length === 0) return;
  throw new Refusal('invalid_body', {
    detail:
      'Cannot make the schedule: it must have the capabilities for what it takes and hands over',
    errors: missing.map((capability) => ({
      pointer: '/capabilities',
      detail: `must hold ${capability}`,
    })),
  });
}

/** Else a moment in seconds, or of last year, would wait for ever and say nothing. */
function requireToCome(spec: ScheduleSpec): void {
  if (firstRunOf(spec, Date.now()) !== undefined) return;
  throw new Refusal('invalid_body', {
    detail: 'Cannot make the schedule: it must become due',
    errors: [{ pointer: '/when/at', detail: 'must be a moment to come, in milliseconds' }],
  });
}

type AnyRequest = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'requestId' | 'params'>;

/** What was refused of a block's messages is for whoever the block is his, who made the schedule. */
function shownTo({ caller }: AnyRequest, schedule: ScheduleDescription): ScheduleDescription {
  if (schedule.createdBy === toPrincipalName(caller.principal)) return schedule;
  return { ...schedule, runs: schedule.runs.map(({ refused: _, ...run }) => run) };
}

const schedulesOf = ({ env, caller }: AnyRequest) => openSchedules(env, caller.principal.workspace);

const createSchedule = defineRoute(
  {
    method: 'POST',
    path: '/v1/schedules',
    operation: 'createSchedule',
    summary: 'Run a turn by the clock, with a part of the capabilities that the caller has',
    tag: 'schedules',
    access: 'schedule:write',
    body: scheduleSchema,
    success: { status: 201, describes: described },
    idempotency: 'replay',
  },
  async (request) => {
    const { caller, requestId, body: spec } = request;
    if (spec.model !== undefined) requireModel(request, spec.model);
    const grants = toGrants(spec.capabilities);
    requireGrants(request, grants);
    requireNeeded(spec, grants);
    requireToCome(spec);
    const creation = { creator: caller.principal, requestId, spec, grants };
    const created = await schedulesOf(request).create(creation);
    if (created === 'taken') {
      throw new Refusal('conflict', { detail: 'Cannot create the schedule: its name is taken' });
    }
    if (created === 'too-many') {
      const detail = 'Cannot create the schedule: its creator, or the workspace, must have fewer';
      throw new Refusal('limit_reached', { detail });
    }
    return json(created, 201);
  },
);

const listSchedules = defineRoute(
  {
    method: 'GET',
    path: '/v1/schedules',
    operation: 'listSchedules',
    summary: 'List the schedules with their last runs',
    tag: 'schedules',
    access: 'schedule:read',
    success: { status: 200, describes: z.object({ schedules: z.array(described) }) },
  },
  async (request) => {
    const schedules = await schedulesOf(request).list();
    return json({ schedules: schedules.map((schedule) => shownTo(request, schedule)) });
  },
);

const getSchedule = defineRoute(
  {
    method: 'GET',
    path: '/v1/schedules/{name}',
    operation: 'getSchedule',
    summary: 'One schedule with its last runs',
    tag: 'schedules',
    access: 'schedule:read',
    success: { status: 200, describes: described },
  },
  async (request) => {
    const schedule = await schedulesOf(request).find(request.params.name ?? '');
    return json(shownTo(request, found(schedule, 'schedule')));
  },
);

const pauseSchedule = defineRoute(
  {
    method: 'POST',
    path: '/v1/schedules/{name}/pause',
    operation: 'pauseSchedule',
    summary: 'Pause a schedule, or let it go on; moments in between are not made up for',
    tag: 'schedules',
    access: 'schedule:write',
    body: z.strictObject({ paused: z.boolean() }),
    success: { status: 200, describes: described },
  },
  async (request) => {
    const { params, body } = request;
    const { name = '' } = params;
    const schedule = await schedulesOf(request).setPaused(namedActorOf(request), name, body.paused);
    return json(shownTo(request, found(schedule, 'schedule')));
  },
);

const runSchedule = defineRoute(
  {
    method: 'POST',
    path: '/v1/schedules/{name}/run',
    operation: 'runSchedule',
    summary: 'Run a schedule now, besides its moments',
    tag: 'schedules',
    access: 'schedule:write',
    success: { status: 202, describes: z.object({ started: z.literal(true) }) },
    idempotency: 'replay',
  },
  async (request) => {
    const started = await schedulesOf(request).runNow(
      namedActorOf(request),
      request.params.name ?? '',
    );
    if (!found(started, 'schedule')) {
      throw new Refusal('conflict', {
        detail: 'Cannot run the schedule: its last run must be over',
      });
    }
    return json({ started }, 202);
  },
);

const deleteSchedule = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/schedules/{name}',
    operation: 'deleteSchedule',
    summary: 'Delete a schedule; a run that has begun goes on',
    tag: 'schedules',
    access: 'schedule:write',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const isDeleted = await schedulesOf(request).remove(
      namedActorOf(request),
      request.params.name ?? '',
    );
    if (!isDeleted) throw noSuch('schedule');
    return noContent();
  },
);

export const scheduleRoutes: readonly Route[] = [
  createSchedule,
  listSchedules,
  getSchedule,
  pauseSchedule,
  runSchedule,
  deleteSchedule,
];
