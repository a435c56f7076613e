/**
 * What a heartbeat goes by: messages that wait in a block of whoever made the schedule. A run takes them
 * under its own name, so that it is given the same however often it asks, and writes them down before its
 * turn is asked for. The block keeps them for the run until it says what became of them. Whatever is lost
 * in between, none of them is, and no two turns have one.
 *
 * @module
 */

import { bodyBytes } from '../../core/blocks/block-body.ts';
import { inspectInput } from '../../core/checks/inspect-input.ts';
import type { UserMessage } from '../../core/conversation/message.ts';
import type { ErrorCode } from '../../core/errors/codes.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { StagePolicy } from '../../core/policy/scan-policy.ts';
import { sha256Hex } from '../kit/keys.ts';
import type { BlockActor, ReceivedMessage } from '../user/block-api.ts';
import { authorityFor } from '../workspace/authority-for.ts';
import type { ScheduleRun } from './schedule-api.ts';
import { openNamedBlock, principalOf, type ScheduleParts } from './schedule-parts.ts';
import type { StoredSchedule, TakenMessages } from './schedule-store.ts';

/**
 * How long the block keeps them, in milliseconds: far longer than any run is tried for, so that it is
 * over for runs alone of which nobody will ever hear again.
 */
const KEPT_MS = 7 * 86_400_000;

/** A run begins no turn with what it may lose meanwhile, in milliseconds. */
const MARGIN_MS = 600_000;

/** Longest body that is told whole, in characters. */
const MAX_CHARS = 8_192;

const TAKE_DIGITS = 32;

/** `none`: nothing waits. Or why it may not take anything. */
export async function takeMessages(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  run: Pick<ScheduleRun, 'dueAt'>,
): Promise<TakenMessages | 'none' | ErrorCode> {
  const block = sourceOf(parts, schedule);
  if (block === undefined) return 'denied';
  const authority = await authorityFor(parts, principalOf(parts, schedule), 'block:receive');
  if (authority === undefined) return 'denied';
  const max = schedule.spec.takeFrom?.max ?? 1;
  const query = { timeoutMs: 0, max, leaseMs: KEPT_MS, take: takeOf(schedule, run) };
  const until = parts.now() + KEPT_MS - MARGIN_MS;
  const received = await block.again((api) => api.receive(actorOf(schedule), query));
  if (!received.ok) return received.error.code;
  const { value: messages } = received;
  if (messages.length === 0) return 'none';
  return { until, ...sort(messages.map(toMessage), authority) };
}

/** One that no turn may see takes none of the others with it. */
function sort(
  messages: readonly UserMessage[],
  { policy }: Authority,
): Omit<TakenMessages, 'until'> {
  const fit = messages.filter((message) => isFit(message, policy.scan.input));
  const unfit = messages.filter((message) => !fit.includes(message));
  // Where all are unfit the session refuses them, and has it on its record.
  return {
    messages: fit.length === 0 ? messages : fit,
    unfit: unfit.map(({ content }) => content),
    isAllUnfit: fit.length === 0,
  };
}

/** What cannot be inspected is not fit, whatever it did to the one who looked. */
function isFit(message: UserMessage, policy: StagePolicy): boolean {
  try {
    return inspectInput([message], policy).ok;
  } catch {
    return false;
  }
}

/** The turn is there, or nothing of it may ever be in one. A block that is gone changes nothing. */
export async function acknowledge(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  run: Pick<ScheduleRun, 'dueAt'>,
): Promise<void> {
  const take = takeOf(schedule, run);
  await sourceOf(parts, schedule)?.again((api) => api.endTake(take, 'processed'));
}

/** Part of a transaction: of a run that is over and began no turn. */
export function orderGiveBack(
  { giveBacks }: ScheduleParts,
  schedule: StoredSchedule,
  run: Pick<ScheduleRun, 'dueAt'>,
): void {
  const { takeFrom } = schedule.spec;
  if (takeFrom !== undefined) giveBacks.add({ block: takeFrom.block, take: takeOf(schedule, run) });
}

/** Never rejects: what cannot be given back now is tried again later. */
export async function giveBack(parts: ScheduleParts): Promise<void> {
  const work = parts.giveBacks.claimDue().map(async (one) => {
    const block = openNamedBlock(parts, one.block);
    await block?.again((api) => api.endTake(one.take, 'given-back'));
    parts.giveBacks.done(one);
  });
  await Promise.allSettled(work);
}

function sourceOf(parts: ScheduleParts, { spec }: StoredSchedule) {
  return spec.takeFrom && openNamedBlock(parts, spec.takeFrom.block);
}

/** Nobody else's: a schedule that was made anew under its name has takes of its own. */
function takeOf(
  { spec, requestId, createdAt }: StoredSchedule,
  { dueAt }: Pick<ScheduleRun, 'dueAt'>,
): string {
  const run = JSON.stringify([spec.name, requestId, createdAt, dueAt]);
  return `take-${sha256Hex(run).slice(0, TAKE_DIGITS)}`;
}

/** Whoever made the schedule must own the block. */
function actorOf({ creator, requestId }: StoredSchedule): BlockActor {
  return { principal: creator, requestId, ownsAll: false };
}

/** Told as data of somebody, under its own label. */
function toMessage({ from, body, label }: ReceivedMessage): UserMessage {
  const words = typeof body === 'string' ? body : `(${bodyBytes(body)} bytes)`;
  const cut = words.length > MAX_CHARS ? `${words.slice(0, MAX_CHARS)} (cut)` : words;
  return { role: 'user', content: `[message from ${from}] ${cut}`, label };
}
