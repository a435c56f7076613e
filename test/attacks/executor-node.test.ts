/**
 * Nodes that are not who they say, and nodes that lie about what they ran. None gets a call that is
 * not its own, no lie becomes a result, and each leaves an audit record.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseGatewayFrame } from '../../src/core/executor-protocol/frames.ts';
import { enrol } from '../../src/executor/enrol.ts';
import { locateHome } from '../../src/executor/executor-home.ts';
import { type Identity, makeKey, signText } from '../../src/executor/identity.ts';
import { createSealingKey } from '../../src/executor/sealing-key.ts';
import { type Answer, type Api, callApi } from '../support/api.ts';
import { install } from '../support/executor.ts';
import { ECHO } from '../support/executor-plugins.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  challenged,
  connectNode,
  dial,
  doneFrame,
  enrolNode,
  type Frame,
  type Link,
  newNonce,
  offerOf,
  proofOf,
} from '../support/scripted-node.ts';

const REFUSED = 4001;
const REPLACED = 4002;
const REVOKED = 4003;
const CLOCK = 4004;

let gateway: Gateway;
let api: Api;
let homes: string;
let plugin: { name: string; codeHash: string; tier: string };

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  homes = mkdtempSync(join(tmpdir(), 'sallyport-homes-'));
  await install(gateway, api, JSON.stringify(ECHO.manifest));
  const { body } = await api.get('/v1/plugins/echo');
  plugin = { name: 'echo', codeHash: body.sha256, tier: 'process' };
});
afterAll(async () => {
  await gateway?.dispose();
  if (homes !== undefined) rmSync(homes, { recursive: true });
});

const newHome = () => locateHome({}, mkdtempSync(join(homes, 'home-')));

async function records(action: string): Promise<Frame[]> {
  const { body } = await api.get(`/v1/audit?action=${action}&limit=500`);
  return body.records.map(({ event }: Frame) => event);
}

/** The record that fits, once it has arrived in the chain. */
async function recorded(action: string, facts: object): Promise<Frame> {
  const until = Date.now() + 10_000;
  for (;;) {
    const found = (await records(action)).find((event) =>
      Object.entries(facts).every(([key, value]) => event[key] === value),
    );
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`There is no record of ${JSON.stringify(facts)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('enrolment', () => {
  test('takes a code once', async () => {
    const { body } = await api.post('/v1/nodes', { name: 'once' });
    const first = await enrol(newHome(), gateway.url, body.code);
    const second = await enrol(newHome(), gateway.url, body.code);
    expect([first.ok, second.ok]).toEqual([true, false]);
    await recorded('node-refused', { node: body.id, reason: 'code_refused', decision: 'denied' });
  });

  test.each([
    [
      'that was never issued',
      (code: string) => code.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    ],
    ['of another workspace', (code: string) => code.replace(/^[^.]*/, 'other')],
    ['that is none', () => 'x'],
  ])('refuses a code %s', async (_, change) => {
    const { body } = await api.post('/v1/nodes', { name: 'never' });
    expect((await enrol(newHome(), gateway.url, change(body.code))).ok).toBe(false);
  });

  test('refuses a key that whoever brings the code does not hold', async () => {
    const { body } = await api.post('/v1/nodes', { name: 'stolen' });
    const answer = await api.post('/v1/nodes/enrol', {
      code: body.code,
      publicKey: makeKey().publicKey,
      signature: signText(makeKey().privateKey, 'anything'),
    });
    expect(answer.status).toBe(401);
  });

  test('asks for the capability to approve, and its code is not replayed', async () => {
    const token = await api.post('/v1/tokens', {
      subject: { kind: 'user', id: 'guest' },
      grants: ['system:node:list'],
    });
    const guest = callApi(gateway, token.body.token);
    expect((await guest.post('/v1/nodes', { name: 'mine' })).status).toBe(403);
    const key = { 'Idempotency-Key': 'one' };
    const first = await api.post('/v1/nodes', { name: 'keyed' }, key);
    const again = await api.post('/v1/nodes', { name: 'keyed' }, key);
    expect(first.body.code).toBeDefined();
    expect(again.status).toBe(409);
  });
});

describe('a connection', () => {
  let identity: Identity;
  let own: Link | undefined;

  beforeEach(async () => {
    identity = await enrolNode(gateway, api);
  });
  afterEach(() => own?.close());

  test('of a node that nobody has issued is refused before anything is asked', async () => {
    const node = `node_${'0'.repeat(44)}`;
    await expect(dial({ ...identity, node })).rejects.toThrow();
    await expect(dial({ ...identity, workspace: 'other' })).rejects.toThrow();
  });

  test('is that of the gateway that was pinned', async () => {
    const hand = await challenged(identity);
    own = hand.link;
    expect(hand.challenge).toMatchObject({ kind: 'challenge' });
    expect(hand.challenge.signature).toMatch(/^[A-Za-z0-9_-]{86}$/);
  });

  test('with another key is refused, on the record', async () => {
    const hand = await challenged(identity);
    const stranger = { ...identity, privateKey: makeKey().privateKey };
    hand.link.send({ kind: 'proof', signature: proofOf(stranger, hand), offer: offerOf() });
    expect(await hand.link.closed).toBe(REFUSED);
    await recorded('node-refused', { node: identity.node, reason: 'handshake_refused' });
  });

  test('that answers the challenge with the challenge’s own signature is refused', async () => {
    const { link, challenge } = await challenged(identity);
    link.send({ kind: 'proof', signature: challenge.signature, offer: offerOf() });
    expect(await link.closed).toBe(REFUSED);
  });

  test('that answers with the proof of an earlier one is refused', async () => {
    const earlier = await challenged(identity);
    const signature = proofOf(identity, earlier);
    const { link } = await challenged(identity);
    link.send({ kind: 'proof', signature, offer: offerOf() });
    expect(await link.closed).toBe(REFUSED);
    earlier.link.close();
  });

  test('that proves itself for another node is refused', async () => {
    const other = await enrolNode(gateway, api);
    const hand = await challenged(other);
    hand.link.send({ kind: 'proof', signature: proofOf(identity, hand), offer: offerOf() });
    expect(await hand.link.closed).toBe(REFUSED);
  });

  test.each<[string, object | string]>([
    [
      'a proof before any challenge',
      { kind: 'proof', signature: 'A'.repeat(86), offer: offerOf() },
    ],
    ['an answer to a call', { kind: 'absent', callKey: 'turn_1/0/0' }],
    ['another version', { kind: 'hello', version: 2, nonce: newNonce() }],
    ['a member that is not known', { kind: 'hello', version: 1, nonce: newNonce(), admin: true }],
    ['what is no JSON', '{'],
    ['more than a frame may hold', JSON.stringify({ kind: 'hello', pad: 'x'.repeat(200_000) })],
  ])('that begins with %s is refused', async (_, frame) => {
    const link = await dial(identity);
    link.send(frame);
    expect(await link.closed).toBe(REFUSED);
  });

  test('is made though strangers who know its name hold all that may be under way', async () => {
    const strangers = [];
    for (let n = 0; n < 6; n++) strangers.push(await dial(identity));
    own = await connectNode(identity);
    const codes = await Promise.all(strangers.map(({ closed }) => closed));
    // Those of one millisecond are of the same age.
    expect(codes.toSorted()).toEqual([REFUSED, REFUSED, REFUSED, REPLACED, REPLACED, REPLACED]);
  });

  test('ends the one before it, once it has proved itself', async () => {
    const first = await connectNode(identity);
    const unproved = await challenged(identity);
    own = await connectNode(identity);
    expect(await first.closed).toBe(REPLACED);
    expect(await unproved.link.closed).toBe(REPLACED);
  });

  test('ends within a second when its node is revoked, and cannot be made again', async () => {
    const link = await connectNode(identity);
    const { status } = await api.delete(`/v1/nodes/${identity.node}`);
    const at = Date.now();
    expect(status).toBe(204);
    expect(await link.closed).toBe(REVOKED);
    expect(Date.now() - at).toBeLessThan(1_000);
    await expect(dial(identity)).rejects.toThrow();
    await recorded('node-revoked', { node: identity.node, decision: 'allowed' });
  });

  test('hears its heartbeats', async () => {
    own = await connectNode(identity);
    own.send('ping');
    expect(await own.next()).toBe('pong');
  });
});

describe('a node whose clock is not of our time', () => {
  test('is not let in, says by how much, and is sent nothing until it is', async () => {
    const identity = await enrolNode(gateway, api);
    const describeIt = async () =>
      (await api.get('/v1/nodes')).body.nodes.find(({ id }: Frame) => id === identity.node);
    const ask = () => api.post('/v1/tools/echo/call', { arguments: { text: 'hello' } });
    for (const aheadMs of [-45_000, 3_600_000]) {
      const clockAt = Date.now() + aheadMs;
      await expect(connectNode(identity, [plugin], { clockAt })).rejects.toThrow(`${CLOCK}`);
      const { state, clockAheadMs } = await describeIt();
      expect(state).toBe('offline');
      expect(Math.abs(clockAheadMs - aheadMs)).toBeLessThan(14_000); // all that it takes to say so
      expect((await ask()).body).toMatchObject({ code: 'denied', reason: 'clock_skew' });
    }
    await recorded('node-refused', { node: identity.node, reason: 'clock_skew' });
    const link = await connectNode(identity, [plugin], { clockAt: Date.now() - 5_000 });
    expect(await describeIt()).not.toHaveProperty('clockAheadMs');
    const answer = ask();
    link.send(doneFrame(identity, await link.next(), 'said'));
    expect((await answer).body).toMatchObject({ result: 'said' });
    link.close();
    await api.delete(`/v1/nodes/${identity.node}`);
  });

  test('tells how that ended which it has run before, is sent nothing, and goes', async () => {
    const identity = await enrolNode(gateway, api);
    const ask = () => api.post('/v1/tools/echo/call', { arguments: { text: 'hello' } });
    const first = await connectNode(identity, [plugin]);
    const answer = ask();
    const call = await first.next();
    first.close();
    await first.closed;
    const link = await connectNode(identity, [plugin], { clockAt: Date.now() + 3_600_000 });
    expect(await link.next()).toEqual({ kind: 'recall', callKey: call.callKey });
    expect((await ask()).body).toMatchObject({ code: 'denied', reason: 'clock_skew' });
    link.send(doneFrame(identity, call, 'said'));
    expect((await answer).body).toMatchObject({ result: 'said' });
    expect(await link.closed).toBe(CLOCK);
    await api.delete(`/v1/nodes/${identity.node}`);
  });
});

describe('a node that is there', () => {
  test('keeps its place and its calls beside a copy of it whose clock is not of our time', async () => {
    const identity = await enrolNode(gateway, api);
    const link = await connectNode(identity, [plugin]);
    const ask = () => api.post('/v1/tools/echo/call', { arguments: { text: 'hello' } });
    const connectCopy = () => connectNode(identity, [plugin], { clockAt: Date.now() + 3_600_000 });
    await expect(connectCopy()).rejects.toThrow(`${CLOCK}`); // it has nothing to tell
    for (const said of ['first', 'second']) {
      const answer = ask();
      const call = await link.next();
      await expect(connectCopy()).rejects.toThrow(`${CLOCK}`); // what it could tell, this one will
      link.send(doneFrame(identity, call, said));
      expect((await answer).body).toMatchObject({ result: said });
    }
    const { body } = await api.get('/v1/nodes');
    const described = body.nodes.find(({ id }: Frame) => id === identity.node);
    expect(described).toMatchObject({ state: 'online' });
    expect(described).not.toHaveProperty('clockAheadMs');
    link.close();
    await api.delete(`/v1/nodes/${identity.node}`);
  });
});

describe('a node whose ledger may be older than what it was sent', () => {
  const ledger = (...lives: readonly string[]) => {
    const [life = '', ...earlier] = lives.map((name) => name.repeat(32));
    return { life, earlier };
  };

  test.each([
    ['as it was restored from a backup', ['4', '3', '1'], (first: Link) => first.close()],
    ['as it runs from a copy while the first does', ['3', '2', '1'], () => undefined],
  ])(
    '%s, is not believed to have had nothing of that, and is not sent it again',
    async (_, lives, end) => {
      const identity = await enrolNode(gateway, api);
      const first = await connectNode(identity, [plugin], { ledger: ledger('2', '1') });
      const answer = api.post('/v1/tools/echo/call', { arguments: { text: 'once' } });
      const frame = await first.next();
      end(first);
      const second = await connectNode(identity, [plugin], { ledger: ledger(...lives) });
      await recorded('node-connected', { node: identity.node, reason: 'older_ledger' });
      expect(await second.next()).toEqual({ kind: 'recall', callKey: frame.callKey });
      second.send({ kind: 'absent', callKey: frame.callKey });
      expect((await answer).body).toMatchObject({ code: 'denied', reason: 'unknown' });
      // Nothing else was said to it in between.
      const next = api.post('/v1/tools/echo/call', { arguments: { text: 'next' } });
      const call = await second.next();
      expect(call.callKey).not.toBe(frame.callKey);
      second.send(doneFrame(identity, call, 'said'));
      expect((await next).body).toMatchObject({ result: 'said' });
      second.close();
      await api.delete(`/v1/nodes/${identity.node}`);
    },
  );
});

describe('a node that lies', () => {
  let identity: Identity;
  let link: Link;

  beforeEach(async () => {
    identity = await enrolNode(gateway, api);
    link = await connectNode(identity, [plugin]);
  });
  afterEach(async () => {
    link.close();
    await api.delete(`/v1/nodes/${identity.node}`);
  });

  async function call(): Promise<{ frame: Frame; answer: Promise<Answer> }> {
    const answer = api.post('/v1/tools/echo/call', { arguments: { text: 'hello' } });
    return { frame: await link.next(), answer };
  }
  const recordOf = ({ callKey }: Frame, facts: object) =>
    recorded('node-call', { callKey, decision: 'denied', ...facts });

  test('is believed as long as it does not', async () => {
    const { frame, answer } = await call();
    link.send(doneFrame(identity, frame, 'said'));
    expect((await answer).body).toMatchObject({ result: 'said' });
  });

  test.each<[string, Parameters<typeof doneFrame>[3], string]>([
    ['says that it is another node', { node: `node_${'1'.repeat(44)}` }, 'other_call'],
    ['answers with the receipt of another call', { callKey: 'turn_1/0/0' }, 'other_call'],
    ['has another ticket', { ticketHash: 'a'.repeat(64) }, 'other_call'],
    ['ran other code', { codeHash: 'a'.repeat(64) }, 'other_code'],
    ['ran with other arguments', { argumentHash: 'a'.repeat(64) }, 'other_arguments'],
    ['signed for another output', { outputHash: 'a'.repeat(64) }, 'other_output'],
    ['signed for a shorter output', { outputBytes: 1 }, 'other_output'],
    ['hands in the output of a failure', { outcome: 'timeout' }, 'output_missing'],
  ])('and %s is not believed', async (_, changes, reason) => {
    const { frame, answer } = await call();
    link.send(doneFrame(identity, frame, 'said', changes));
    expect((await answer).body).toMatchObject({ code: 'denied', reason: 'unknown' });
    await recordOf(frame, { reason, outcome: 'unknown' });
  });

  test('and answers `ok` with nothing is not believed', async () => {
    const { frame, answer } = await call();
    const { output: _, ...done } = doneFrame(identity, frame, '');
    link.send(done);
    expect((await answer).body).toMatchObject({ reason: 'unknown' });
    await recordOf(frame, { reason: 'output_missing' });
  });

  test('and answers with more than a call may is not believed', async () => {
    const { frame, answer } = await call();
    link.send(doneFrame(identity, frame, 'x'.repeat(1_048_577)));
    expect((await answer).body).toMatchObject({ reason: 'unknown' });
    await recordOf(frame, { reason: 'output_too_large' });
  });

  test('and has the receipt signed by another key loses its connection', async () => {
    const { frame, answer } = await call();
    const stranger = { ...identity, privateKey: makeKey().privateKey };
    link.send(doneFrame(stranger, frame, 'said'));
    expect((await answer).body).toMatchObject({ reason: 'unknown' });
    expect(await link.closed).toBe(REFUSED);
    await recordOf(frame, { reason: 'receipt_refused' });
  });

  test('and thinks better of it later changes nothing', async () => {
    const { frame, answer } = await call();
    link.send(doneFrame(identity, frame, 'first'));
    expect((await answer).body).toMatchObject({ result: 'first' });
    link.send(doneFrame(identity, frame, 'second'));
    await recorded('node-call', { callKey: frame.callKey });
    const { body } = await api.get(`/v1/nodes/${identity.node}/calls`);
    expect(body.calls[0]).toMatchObject({ state: 'done', outcome: 'ok' });
    expect(
      (await records('node-call')).filter(({ callKey }) => callKey === frame.callKey),
    ).toHaveLength(1);
  });

  test('and answers the call of another node is not heard, on the record', async () => {
    const { frame, answer } = await call();
    const other = await enrolNode(gateway, api);
    const stranger = await connectNode(other);
    stranger.send(doneFrame(other, frame, 'stolen'));
    stranger.send({ kind: 'absent', callKey: frame.callKey });
    link.send(doneFrame(identity, frame, 'own'));
    expect((await answer).body).toMatchObject({ result: 'own' });
    await recorded('node-refused', { node: other.node, reason: 'other_call', decision: 'denied' });
    stranger.close();
  });
});

describe('what a node may run at all', () => {
  test('is said when it is approved, whatever it offers', async () => {
    const { body } = await api.post('/v1/nodes', {
      name: 'narrow',
      allow: ['tool:file:read:/data/*'],
    });
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-narrow-'));
    const enrolled = await enrol(locateHome({}, folder), gateway.url, body.code);
    if (!enrolled.ok) throw new Error(enrolled.error);
    const link = await connectNode(enrolled.value, [plugin]);
    const answer = await api.post('/v1/tools/echo/call', { arguments: { text: 'hello' } });
    expect(answer.body).toMatchObject({ code: 'denied', reason: 'node_policy_denied' });
    link.close();
    await api.delete(`/v1/nodes/${body.id}`);
  });
});

describe('a ceiling that is changed', () => {
  let identity: Identity;
  let link: Link;

  beforeEach(async () => {
    identity = await enrolNode(gateway, api);
    link = await connectNode(identity, [plugin]);
  });
  afterEach(async () => {
    link.close();
    await api.delete(`/v1/nodes/${identity.node}`);
  });

  const change = (ceiling: object, as = api, node = identity.node) =>
    as.put(`/v1/nodes/${node}/ceiling`, ceiling);
  const ask = () => api.post('/v1/tools/echo/call', { arguments: { text: 'hello' } });
  const ceilingOf = ({ ticket }: Frame) =>
    JSON.parse(Buffer.from(ticket.split('.')[1], 'base64url').toString()).ceiling;
  async function answered(): Promise<Frame> {
    const answer = ask();
    const frame = await link.next();
    link.send(doneFrame(identity, frame, 'said'));
    expect((await answer).body).toMatchObject({ result: 'said' });
    return frame;
  }

  test('is in the next ticket, whatever was signed before', async () => {
    expect(ceilingOf(await answered()).allow).toContain('tool:exec:*');
    const { body } = await change({ allow: ['tool:call:*'], deny: ['tool:exec:*'] });
    expect([body.allow, body.deny]).toEqual([['tool:call:*'], ['tool:exec:*']]);
    const frame = await answered();
    expect(ceilingOf(frame)).toEqual({ allow: ['tool:call:*'], deny: ['tool:exec:*'] });
    const one = await api.get(
      `/v1/nodes/${identity.node}/calls?call=${encodeURIComponent(frame.callKey)}`,
    );
    expect(one.body.calls).toMatchObject([{ callKey: frame.callKey, state: 'done' }]);
  });

  test('is in a ticket that a machine can read, though it is as long as it may be', async () => {
    const long = (at: number) => `tool:file:read:/${at}${'x'.repeat(490)}`;
    const list = Array.from({ length: 120 }, (_, at) => long(at));
    await change({ allow: ['tool:call:*', ...list], deny: list });
    const frame = await answered();
    expect(ceilingOf(frame).allow).toEqual(expect.arrayContaining(list));
    expect(parseGatewayFrame(JSON.stringify(frame))).toBeDefined();
  });

  test('leaves the node nothing, if it allows nothing', async () => {
    await change({ allow: [] });
    expect((await ask()).body).toMatchObject({ code: 'denied', reason: 'node_policy_denied' });
  });

  test('ends what waits for the node under the wider one', async () => {
    link.close();
    await vi.waitUntil(async () => {
      const { body } = await api.get('/v1/nodes');
      return body.nodes.some((one: Frame) => one.id === identity.node && one.state === 'offline');
    }, 10_000);
    const answer = ask();
    const calls = `/v1/nodes/${identity.node}/calls`;
    await vi.waitUntil(
      async () => (await api.get(calls)).body.calls[0]?.state === 'waiting',
      10_000,
    );
    await change({ allow: ['tool:call:*'] });
    expect((await answer).body.reason).toBe('tier_unavailable');
  });

  test('is on the record, and whether it was widened', async () => {
    const { body } = await api.get('/v1/nodes');
    const { allow } = body.nodes.find((one: Frame) => one.id === identity.node);
    await change({ allow: ['tool:call:echo'] });
    await recorded('node-changed', { node: identity.node, reason: 'narrowed' });
    await change({ allow });
    await recorded('node-changed', { node: identity.node, reason: 'widened' });
  });

  test('is changed by whoever may approve nodes, of a node of his own workspace', async () => {
    const token = await api.post('/v1/tokens', {
      subject: { kind: 'user', id: 'guest' },
      grants: ['system:node:list', 'system:node:revoke'],
    });
    const guest = callApi(gateway, token.body.token);
    expect((await change({ allow: ['tool:call:*'] }, guest)).status).toBe(403);
    const unknown = `node_${'1'.repeat(44)}`;
    expect((await change({ allow: [] }, api, unknown)).status).toBe(404);
    expect((await change({ allow: ['not a pattern'] })).status).toBe(422);
    expect((await change({ deny: [] })).status).toBe(422);
  });
});

describe('a key for secrets', () => {
  test('that the node has not signed is refused with its connection', async () => {
    const identity = await enrolNode(gateway, api);
    const hand = await challenged(identity);
    const { offer: sealing } = createSealingKey({ node: identity.node, ...makeKey() });
    const signature = proofOf(identity, hand);
    hand.link.send({ kind: 'proof', signature, offer: { ...offerOf(), sealing } });
    expect(await hand.link.closed).toBe(REFUSED);
  });
});
