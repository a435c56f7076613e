/**
 * Tickets that nobody signed, that were signed for something else, or that were used before. None
 * runs anything, and each is reported.
 */

import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeKey } from '../../../src/executor/identity.ts';
import {
  makeCall,
  openScene,
  type Scene,
  type TicketChanges,
} from '../../executor/support/desk.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.dispose());

const change = (changes: TicketChanges) => makeCall(scene.gateway, changes);
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a good ticket runs', async () => {
  expect(await scene.offer(await change({}))).toBe('ok');
  expect(scene.jobs).toHaveLength(1);
});

describe('a ticket that is refused:', () => {
  afterEach(() => {
    expect(scene.jobs).toEqual([]);
    expect(scene.logs.at(-1)?.problem).toBeDefined();
  });

  test('signed by another key', async () => {
    expect(await scene.offer(await makeCall(makeKey()))).toBe('ticket_refused');
  });

  test('signed by nobody ("alg": "none")', async () => {
    const call = await change({});
    const [, payload = ''] = call.ticket.split('.');
    const ticket = `${part({ alg: 'none', typ: 'sallyport-ticket+jwt' })}.${payload}.`;
    expect(await scene.offer({ ...call, ticket })).toBe('ticket_refused');
  });

  test('signed with the public key as if it were a secret', async () => {
    const call = await change({});
    const [, payload = ''] = call.ticket.split('.');
    const signed = `${part({ alg: 'HS256', typ: 'sallyport-ticket+jwt' })}.${payload}`;
    const secret = Buffer.from(scene.gateway.publicKey, 'base64url');
    const mac = createHmac('sha256', secret).update(signed).digest('base64url');
    expect(await scene.offer({ ...call, ticket: `${signed}.${mac}` })).toBe('ticket_refused');
  });

  test('altered after it was signed', async () => {
    const call = await change({});
    const [head = '', payload = '', signature = ''] = call.ticket.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    claims.call.executor.limits.timeoutMs = 600_000;
    expect(await scene.offer({ ...call, ticket: [head, part(claims), signature].join('.') })).toBe(
      'ticket_refused',
    );
  });

  test('that comes with other arguments', async () => {
    const call = await change({});
    expect(await scene.offer({ ...call, arguments: '{"text":"other"}' })).toBe('ticket_refused');
  });

  test('that comes with settings it does not name', async () => {
    const call = await change({});
    expect(await scene.offer({ ...call, config: '{"url":"x"}' })).toBe('ticket_refused');
  });

  test('of another call', async () => {
    const call = await change({});
    expect(await scene.offer({ ...call, callKey: 'turn_other/0/0' })).toBe('ticket_refused');
  });

  test.each<[string, TicketChanges]>([
    ['for another node', { audience: `node_${'b'.repeat(44)}` }],
    ['of this key for another purpose', { header: { typ: 'JWT' } }],
    ['with a header that says more', { header: { kid: 'other' } }],
    ['for a tier that no executor has', { call: { tier: 'wasm' } }],
    ['that lacks its limits', { executor: { limits: {} } }],
    [
      'whose grants are no patterns',
      { executor: { granted: { allow: ['tool::read'], deny: [] } } },
    ],
    ['with a claim that is not known', { call: { sudo: true } }],
    ['with an id that is none', { ticketId: 'x' }],
  ])('%s', async (_, changes) => {
    expect(await scene.offer(await change(changes))).toBe('ticket_refused');
  });

  test('that is no token at all', async () => {
    const call = await change({});
    for (const ticket of ['', 'x', '..', 'a.b.c', 'x'.repeat(100_000)]) {
      expect(await scene.offer({ ...call, ticket })).toBe('ticket_refused');
    }
  });
});

describe('freshness', () => {
  const ago = (seconds: number) => Date.now() - seconds * 1_000;

  test.each([25, -25])('bears clocks that are %d s apart', async (seconds) => {
    const issuedAt = ago(seconds);
    const times = { issuedAt, expiresAt: issuedAt + 10_000 };
    expect(await scene.offer(await change(times))).toBe('ok');
  });

  test.each([
    ['was issued more than 30 s from now', 'clock_skew', { issuedAt: Date.now() + 60_000 }],
    ['ended more than 30 s ago', 'ticket_refused', { issuedAt: ago(90), expiresAt: ago(40) }],
    [
      'is older than any may be',
      'ticket_refused',
      { issuedAt: ago(700), expiresAt: Date.now() + 10_000 },
    ],
  ])('refuses what %s', async (_, outcome, changes) => {
    expect(await scene.offer(await change(changes))).toBe(outcome);
    expect(scene.jobs).toEqual([]);
  });

  test('runs nothing after the deadline of the call', async () => {
    expect(await scene.offer(await change({ call: { deadlineAt: ago(1) } }))).toBe('deadline');
    expect(await scene.offer(await change({ call: { deadlineAt: ago(60) } }))).toBe('deadline');
    expect(scene.jobs).toEqual([]);
  });
});

describe('single use', () => {
  test('a call that comes again is answered with its end, and not run again', async () => {
    const call = await change({});
    expect(await scene.offer(call)).toBe('ok');
    expect(await scene.offer(call)).toBe('ok');
    expect(scene.jobs).toHaveLength(1);
    expect(scene.answers[1]).toEqual(scene.answers[0]);
  });

  test('neither at the same moment', async () => {
    const call = await change({});
    for (const _ of [1, 2, 3]) scene.desk.take({ kind: 'call', ...call });
    await expect.poll(() => scene.answers.length).toBe(1);
    expect(scene.jobs).toHaveLength(1);
  });

  test('nor by an executor that was started again', async () => {
    const call = await change({});
    await scene.offer(call);
    const later = await scene.reborn();
    expect(await later.offer(call)).toBe('ok');
    expect(later.jobs).toEqual([]);
    later.dispose();
    scene = await openScene();
  });

  test('the id of a ticket serves one call', async () => {
    const ticketId = 'f'.repeat(32);
    expect(await scene.offer(await change({ ticketId }))).toBe('ok');
    expect(await scene.offer(await change({ ticketId }))).toBe('ticket_refused');
    expect(scene.jobs).toHaveLength(1);
  });

  test('a call that a crash cut off is unknown, and not run again', async () => {
    const call = await change({});
    const begun = Promise.withResolvers<void>();
    const hanging = await openScene({
      run: () => {
        begun.resolve();
        return new Promise(() => undefined);
      },
    });
    const own = await makeCall(hanging.gateway);
    hanging.desk.take({ kind: 'call', ...own });
    await begun.promise;
    const later = await hanging.reborn(async () => ({
      outcome: 'ok',
      output: 'x',
      truncated: false,
    }));
    expect(await later.offer(own)).toBe('unknown');
    expect(later.jobs).toEqual([]);
    expect(later.desk.recall(call.callKey)).toBe('absent');
    later.dispose();
  });
});
