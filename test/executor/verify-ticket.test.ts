import { describe, expect, test } from 'vitest';
import {
  MAX_CLOCK_SKEW_MS,
  MAX_TICKET_LIFE_MS,
} from '../../src/core/executor-protocol/node-ticket-claims.ts';
import { makeKey } from '../../src/executor/identity.ts';
import { sha256Text } from '../../src/executor/sha256.ts';
import { createTicketVerifier, toOffered } from '../../src/executor/verify-ticket.ts';
import { makeCall, NODE, type OfferedCall, type TicketChanges } from './support/desk.ts';

const key = makeKey();
const verifier = createTicketVerifier(key.publicKey, NODE);
const AT = 1_800_000_000_000;
const TIMES = { issuedAt: AT, expiresAt: AT + 60_000, call: { deadlineAt: AT + 90_000 } };

const judge = (call: OfferedCall, now: number) => {
  const verified = verifier.verify(toOffered({ kind: 'call', ...call }), now);
  return verified.ok ? 'verified' : verified.error;
};

/** Of a ticket with these times, at some milliseconds after it was issued. */
async function at(changes: TicketChanges, ...offsets: readonly number[]) {
  const call = await makeCall(key, { ...TIMES, ...changes });
  return offsets.map((offset) => judge(call, AT + offset));
}

describe('a ticket', () => {
  test('is good from when it was issued to its end, as clocks differ', async () => {
    const end = 60_000 + MAX_CLOCK_SKEW_MS;
    expect(await at({}, -MAX_CLOCK_SKEW_MS, 0, end - 1)).toEqual(Array(3).fill('verified'));
    expect(await at({}, -MAX_CLOCK_SKEW_MS - 1)).toEqual(['clock_behind']);
    expect(await at({}, end)).toEqual(['not_fresh']);
  });

  test('is good for no longer than any may be, whatever it says', async () => {
    const far = { expiresAt: AT + 10 * MAX_TICKET_LIFE_MS, call: { deadlineAt: AT * 2 } };
    const end = MAX_TICKET_LIFE_MS + MAX_CLOCK_SKEW_MS;
    expect(await at(far, end - 1, end)).toEqual(['verified', 'not_fresh']);
  });

  test('is good until the deadline of its call', async () => {
    const deadline = { call: { deadlineAt: AT + 10_000 } };
    const end = 10_000 + MAX_CLOCK_SKEW_MS;
    expect(await at(deadline, end, end + 1)).toEqual(['verified', 'deadline']);
  });

  test('is good as its gateway signed it, and not a character beside', async () => {
    const call = await makeCall(key, TIMES);
    const { ticket } = call;
    const others = [` ${ticket}`, `${ticket}\n`, `${ticket}.`, `x.${ticket}`, ticket.slice(0, -1)];
    for (const other of others) expect(judge({ ...call, ticket: other }, AT)).toBe('not_signed');
    expect(judge(call, AT)).toBe('verified');
    expect(judge(await makeCall(makeKey(), TIMES), AT)).toBe('not_signed');
  });

  test('is good for its node, its call, its arguments and its settings', async () => {
    const call = await makeCall(key, { ...TIMES, config: { a: 1 } });
    expect(judge(call, AT)).toBe('verified');
    expect(judge({ ...call, callKey: 'turn_1/0/0' }, AT)).toBe('other_call');
    expect(judge({ ...call, arguments: `${call.arguments} ` }, AT)).toBe('other_arguments');
    expect(judge({ ...call, config: '{"a":2}' }, AT)).toBe('other_settings');
    const { config: _, ...bare } = call;
    expect(judge(bare, AT)).toBe('other_settings');
    expect(judge({ ...(await makeCall(key, TIMES)), config: '{}' }, AT)).toBe('other_settings');
    expect(await at({ audience: `${NODE}b` }, 0)).toEqual(['other_node']);
    expect(await at({ call: { ...TIMES.call, sudo: true } }, 0)).toEqual(['malformed']);
  });

  test('is known by the hash of its text', async () => {
    const call = await makeCall(key, TIMES);
    const verified = verifier.verify(toOffered({ kind: 'call', ...call }), AT);
    expect(verified).toMatchObject({ ok: true, value: { hash: sha256Text(call.ticket) } });
  });
});
