/**
 * What a schedule is: when a message is sent to an agent, what it may do, and where the answer goes.
 *
 * @module
 */

import * as z from 'zod';
import { channelMessageSchema } from '../channels/channel-message.ts';
import { isTimeZone, nextRunOf } from './next-run.ts';

/** Most schedules of a workspace, and of one principal, so that nobody takes the others' room. */
export const MAX_SCHEDULES = 1_000;
export const MAX_SCHEDULES_OF_CREATOR = 500;

const SCHEDULE_NAME = /^[a-z][a-z0-9-]{0,49}$/;

const DAY_MS = 86_400_000;

const timing = z.union([
  z.strictObject({
    /** Five fields, as `cron` writes them. */
    cron: z.string().min(9).max(100),
    /** IANA name; what `cron` says is local time there, through changes of the clock, too. */
    timeZone: z.string().max(64).default('UTC').refine(isTimeZone, 'must be an IANA time zone'),
  }),
  z.strictObject({ at: z.int().min(0).max(8.64e15) }),
]);

const budget = z.strictObject({
  tokens: z.int().min(0).max(1_000_000_000).default(1_000_000_000),
  costMicroUsd: z.int().min(0).max(1_000_000_000_000).default(1_000_000_000_000),
});

const blockId = z.string().max(200);

const source = z.strictObject({
  block: blockId,
  /** Most messages of one run. */
  max: z.int().min(1).max(20).default(10),
});

const receiver = z.union([
  z.strictObject({ block: blockId }),
  channelMessageSchema.omit({ text: true }).extend({ channel: z.string().max(32) }),
]);

export const scheduleSchema = z
  .strictObject({
    name: z.string().regex(SCHEDULE_NAME, 'must match [a-z][a-z0-9-]{0,49}'),
    when: timing,
    /** The user message of each run: the words of whoever makes the schedule. */
    input: z.string().min(1).max(65_536),
    model: z.string().max(200).exactOptional(),
    /** `fresh`: each run begins a session of its own; `same`: all share one. */
    session: z.enum(['fresh', 'same']).default('fresh'),
    /** What its runs may do, of what its maker may do at the time. */
    capabilities: z.array(z.string().max(512)).max(256),
    /** Most that one run may spend, where that is less than the workspace's policy says. */
    budget: budget.exactOptional(),
    /**
     * What becomes of runs that were due while nothing could run: `skip` them, or run `once` for all
     * of them.
     */
    missed: z.enum(['skip', 'once']).default('once'),
    /** How late a run may begin and not count as missed, in milliseconds. */
    graceMs: z.int().min(1_000).max(DAY_MS).default(60_000),
    /** A heartbeat: messages of this block become part of the input, and without any there is no run. */
    takeFrom: source.exactOptional(),
    /** Who gets the answer of each run as a message. */
    deliverTo: receiver.exactOptional(),
  })
  .refine(({ when }) => !('cron' in when) || isSomeDay(when), {
    path: ['when', 'cron'],
    message: 'must be five fields that come true some day',
  });

/** Nothing is said of the fields where it is the zone that cannot be read. */
function isSomeDay(when: { readonly cron: string; readonly timeZone: string }): boolean {
  return !isTimeZone(when.timeZone) || nextRunOf(when, 0) !== undefined;
}

export type ScheduleSpec = z.infer<typeof scheduleSchema>;

/** What its runs need beside what they do: to take messages, and to hand the answer over. */
export function neededBy({ takeFrom, deliverTo }: ScheduleSpec): readonly string[] {
  const needed: string[] = [];
  if (takeFrom !== undefined) needed.push('block:receive');
  if (deliverTo === undefined) return needed;
  return [...needed, 'block' in deliverTo ? 'block:send' : `channel:send:${deliverTo.channel}`];
}
