/**
 * What a heartbeat goes by: messages that wait in a block of whoever made the schedule. They are taken
 * under a lease and written down with the run before its turn is asked for; they are acknowledged once
 * the turn is there. Whatever is lost in between, none of them is.
 *
 * @module
 */

import { bodyBytes } from '../../core/blocks/block-body.ts';
import { inspectInput } from '../../core/checks/inspect-input.ts';
import type { UserMessage } from '../../core/conversation/message.ts';
import type { ErrorCode } from '../../core/errors/codes.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { StagePolicy } from '../../core/policy/scan-policy.ts';
import type { BlockActor, ReceivedMessage } from '../user/block-api.ts';
import { authorityFor } from '../workspace/authority-for.ts';
import { openNamedBlock, principalOf, type ScheduleParts } from './schedule-parts.ts';
import type { StoredSchedule, TakenMessages } from './schedule-store.ts';

/** Longer than a run is tried for, in milliseconds: nobody else gets what a turn may yet be given. */
const LEASE_MS = 600_000;

/** Longest body that is told whole, in characters. */
const MAX_CHARS = 8_192;

/** `none`: nothing waits. Or why it may not take anything. */
export async function takeMessages(
  parts: ScheduleParts,
  schedule: StoredSchedule,
): Promise<TakenMessages | 'none' | ErrorCode> {
  const block = sourceOf(parts, schedule);
  if (block === undefined) return 'denied';
  const authority = await authorityFor(parts, principalOf(parts, schedule), 'block:receive');
  if (authority === undefined) return 'denied';
  const max = schedule.spec.takeFrom?.max ?? 1;
  const query = { timeoutMs: 0, max, leaseMs: LEASE_MS };
  const received = await block.once((api) => api.receive(actorOf(schedule), query));
  if (!received.ok) return received.error.code;
  const { value: messages } = received;
  if (messages.length === 0) return 'none';
  const leases = messages.map(({ lease }) => lease);
  return { leases, ...sort(messages.map(toMessage), authority) };
}

/** One that no turn may see takes none of the others with it. */
function sort(
  messages: readonly UserMessage[],
  { policy }: Authority,
): Omit<TakenMessages, 'leases'> {
  const fit = messages.filter((message) => isFit(message, policy.scan.input));
  const unfit = messages.filter((message) => !fit.includes(message));
  // Where all are unfit the session refuses them, and has it on its record.
  return {
    messages: fit.length === 0 ? messages : fit,
    unfit: unfit.map(({ content }) => content),
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

/** Again and again until it works: a lease that is over, or a block that is gone, changes nothing. */
export async function acknowledge(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  { leases }: TakenMessages,
): Promise<void> {
  await sourceOf(parts, schedule)?.again((api) => api.acknowledge(actorOf(schedule), leases));
}

function sourceOf(parts: ScheduleParts, { spec }: StoredSchedule) {
  return spec.takeFrom && openNamedBlock(parts, spec.takeFrom.block);
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
