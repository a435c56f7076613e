/** What becomes of calls whose ledger cannot be written, or does not have all of them any more. */

import { expect, test, vi } from 'vitest';
import { faultCode } from '../../src/core/errors/fault.ts';
import { parseReceipt } from '../../src/core/executor-protocol/executor-receipt.ts';
import { judgeReceipt } from '../../src/core/executor-protocol/judge-receipt.ts';
import type { Job, JobEnd } from '../../src/executor/job.ts';
import { sha256Text } from '../../src/executor/sha256.ts';
import {
  CODE_HASH,
  makeCall,
  NODE,
  type OfferedCall,
  openGated,
  openScene,
  type Scene,
} from './support/desk.ts';

const full = () => {
  throw new Error('database or disk is full');
};
const DAY_MS = 86_400_000;

/** What the gateway makes of the last answer. */
function judgedLast({ answers }: Scene, { callKey, ticket, arguments: text }: OfferedCall) {
  const end = answers.at(-1);
  const receipt = parseReceipt(end?.receipt ?? '');
  if (end === undefined || receipt === undefined) throw new Error('none');
  const sent = { node: NODE, callKey, codeHash: CODE_HASH, argumentHash: sha256Text(text) };
  return judgeReceipt(
    { text: end.receipt, signature: end.signature, receipt },
    { ...sent, ticketHash: sha256Text(ticket), revision: 1, maxOutputBytes: 1_000 },
    (bytes) => sha256Text(Buffer.from(bytes).toString()),
  );
}

test('a call that cannot be written down is not begun, and its gateway is told so', async () => {
  const scene = await openScene();
  const accept = vi.spyOn(scene.ledger, 'accept').mockImplementation(full);
  const call = await makeCall(scene.gateway);
  expect(await scene.offer(call)).toBe('tier_unavailable');
  expect(judgedLast(scene, call)).toMatchObject({
    ok: true,
    value: { reason: 'tier_unavailable' },
  });
  expect(scene.jobs).toEqual([]);
  expect(scene.logs).toMatchObject([{ problem: 'not_written' }]);
  accept.mockRestore();
  expect(await scene.offer(await makeCall(scene.gateway))).toBe('ok');
  scene.dispose();
});

test('a ticket that is refused is believed to be, as on a machine whose clock is wrong', async () => {
  const scene = await openScene();
  const call = await makeCall(scene.gateway, { issuedAt: Date.now() + 300_000 });
  expect(await scene.offer(call)).toBe('clock_skew');
  expect(judgedLast(scene, call)).toMatchObject({ ok: true, value: { reason: 'clock_skew' } });
  scene.dispose();
});

test('an end that cannot be written down is unknown, at once and in the next life', async () => {
  const scene = await openScene();
  vi.spyOn(scene.ledger, 'finish').mockImplementation(full);
  const call = await makeCall(scene.gateway);
  scene.desk.take({ kind: 'call', ...call });
  await expect.poll(() => scene.logs).toMatchObject([{ problem: 'not_written' }]);
  expect(judgedLast(scene, call)).toMatchObject({ ok: true, value: { reason: 'unknown' } });
  expect(scene.desk.recall(call.callKey)).toBe('answered');
  expect(judgedLast(scene, call)).toMatchObject({ ok: true, value: { reason: 'unknown' } });
  vi.restoreAllMocks();
  const later = await scene.reborn();
  expect(await later.offer(call)).toBe('unknown');
  expect(later.jobs).toEqual([]);
  later.dispose();
});

test('a call that waits is not begun where that cannot be written', async () => {
  const { scene, open } = await openGated();
  vi.spyOn(scene.ledger, 'prepare').mockImplementation(full);
  open();
  const outcomes = () => scene.logs.map(({ outcome }) => outcome).toSorted();
  await expect.poll(outcomes).toEqual(['ok', 'tier_unavailable']);
  expect(scene.jobs).toHaveLength(1);
  vi.restoreAllMocks();
  expect(await scene.offer(await makeCall(scene.gateway))).toBe('ok'); // its slot is free again
  scene.dispose();
});

test('a call is not let run where it cannot be written that it is', async () => {
  const refused = vi.fn();
  const run = async (job: Job): Promise<JobEnd> => {
    try {
      job.willRun();
    } catch (thrown) {
      refused(faultCode(thrown));
    }
    return { outcome: 'tier_unavailable', truncated: false };
  };
  const scene = await openScene({ startsAtOnce: false, run });
  vi.spyOn(scene.ledger, 'begin').mockImplementation(full);
  expect(await scene.offer(await makeCall(scene.gateway))).toBe('tier_unavailable');
  expect(refused).toHaveBeenCalledWith('tier_unavailable');
  vi.restoreAllMocks();
  scene.dispose();
});

test('a ledger that cannot be read ends no executor: nothing is begun, and nothing said of what was', async () => {
  const scene = await openScene();
  const find = vi.spyOn(scene.ledger, 'find').mockImplementation(full);
  const call = await makeCall(scene.gateway);
  expect(await scene.offer(call)).toBe('tier_unavailable');
  expect(scene.desk.recall(call.callKey)).toBe('unreadable');
  expect(scene.jobs).toEqual([]);
  find.mockRestore();
  expect(await scene.offer(call)).toBe('ok');
  scene.dispose();
});

test('a call whose output was swept has become unknown, and that is believed', async () => {
  const scene = await openScene();
  const call = await makeCall(scene.gateway);
  expect(await scene.offer(call)).toBe('ok');
  scene.ledger.sweep(Date.now() + DAY_MS / 2);
  expect(scene.desk.recall(call.callKey)).toBe('answered');
  expect(judgedLast(scene, call)).toMatchObject({
    ok: true,
    value: { kind: 'failed', reason: 'unknown' },
  });
  scene.dispose();
});

test('a deadline that is further away than a timer can be set for is waited for like any other', async () => {
  const { scene, open } = await openGated({ call: { deadlineAt: Number.MAX_SAFE_INTEGER } });
  open();
  await expect.poll(() => scene.logs.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
  scene.dispose();
});
