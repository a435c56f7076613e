/**
 * Blocks over HTTP against a started gateway: messages, links, monitors and exits, and what is left of
 * them when the process is killed.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

const ALL = ['CAP_SEND', 'CAP_RECEIVE', 'CAP_LINK', 'CAP_MONITOR', 'CAP_TRAP_EXIT', 'CAP_SPAWN'];
const mailbox = { kind: 'mailbox' };

async function spawn(body: object = {}): Promise<string> {
  const answer = await api.post('/v1/blocks', {
    behavior: mailbox,
    capabilities: [...ALL, 'block:exit'],
    ...body,
  });
  expect(answer.status).toBe(201);
  return answer.body.id;
}

const as = (block: string) => ({ 'Sallyport-Block': block });
const read = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body;
const send = (id: string, body: unknown, headers?: Record<string, string>) =>
  api.post(`/v1/blocks/${id}/messages`, { body }, headers);

async function receive(id: string, query: object = {}) {
  const answer = await api.post(`/v1/blocks/${id}/receive`, { timeoutMs: 5_000, ...query });
  expect(answer.status).toBe(200);
  return answer.body.messages;
}

async function untilExited(id: string) {
  for (;;) {
    const found = await read(id);
    if (found.state === 'exited') return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('messages', () => {
  test('what was sent is received in order, and gone once acknowledged', async () => {
    const id = await spawn();
    for (const n of [1, 2, 3]) expect((await send(id, { n })).status).toBe(202);
    const taken = await receive(id, { max: 10 });
    expect(taken.map((message: { body: { n: number } }) => message.body.n)).toEqual([1, 2, 3]);
    expect(taken[0].from).toMatch(/^user:|^service:/);
    const leases = taken.map(({ lease }: { lease: string }) => lease);
    const acknowledged = await api.post(`/v1/blocks/${id}/ack`, { leases });
    expect(acknowledged.body).toEqual({ acknowledged: 3 });
    expect((await read(id)).mailbox).toMatchObject({ depth: 0, accepted: 3 });
  });

  test('a receive that waits gets what comes', async () => {
    const id = await spawn();
    const waiting = receive(id);
    await expect.poll(async () => (await read(id)).state).toBe('waiting');
    await send(id, 'hello');
    expect((await waiting)[0].body).toBe('hello');
  });

  test('a pattern takes what it names and keeps the order of the rest', async () => {
    const id = await spawn();
    for (const body of [{ t: 'a' }, { t: 'b', n: 1 }, { t: 'c' }]) await send(id, body);
    const [picked] = await receive(id, { match: { t: 'b', n: { $any: true } } });
    expect(picked.body).toEqual({ t: 'b', n: 1 });
    await api.post(`/v1/blocks/${id}/ack`, { leases: [picked.lease] });
    const rest = await receive(id, { max: 5 });
    expect(rest.map(({ body }: { body: { t: string } }) => body.t)).toEqual(['a', 'c']);
  });

  test('the same id is the same message of its sender, and another body under it a conflict', async () => {
    const [id, a, b] = [await spawn(), await spawn(), await spawn()];
    for (const sender of [undefined, as(a), as(b)]) {
      const post = (body: number) =>
        api.post(`/v1/blocks/${id}/messages`, { body, messageId: 'm-1' }, sender);
      const [first, again, other] = [await post(1), await post(1), await post(2)];
      expect(again.body).toEqual(first.body);
      expect([again.status, other.status]).toEqual([202, 409]);
    }
    expect((await read(id)).mailbox.depth).toBe(3);
  });

  test('a full mailbox tells the sender', async () => {
    const id = await spawn({ limits: { messages: 1 } });
    await send(id, 1);
    const refused = await send(id, 2);
    expect([refused.status, refused.body.code]).toEqual([429, 'mailbox_full']);
    expect((await read(id)).mailbox).toMatchObject({ depth: 1, rejected: 1 });
  });

  test.each([
    ['a principal', false],
    ['a block', true],
  ])('a body of %s has at most 1 MiB, however it is written', async (_, isBlock) => {
    const id = await spawn();
    const headers = isBlock ? as(await spawn()) : undefined;
    const status = async (message: object) =>
      (await api.post(`/v1/blocks/${id}/messages`, message, headers)).status;
    const bytes = (length: number) => Buffer.alloc(length, 1).toString('base64');
    expect(await status({ bytes: bytes(1_048_576) })).toBe(202);
    expect(await status({ bytes: bytes(1_048_577) })).toBe(413);
    expect(await status({ body: 'x'.repeat(1_048_574) })).toBe(202);
    expect(await status({ body: 'x'.repeat(1_048_575) })).toBe(413);
    expect((await read(id)).mailbox.bytes).toBe(2 * 1_048_576);
  });

  test('a body counts as it is stored, which may be longer than it was written', async () => {
    const [id, a] = [await spawn(), await spawn()];
    await api.put(`/v1/groups/stored/members/${id}`, undefined);
    // `JSON.stringify` writes each number with 21 digits, the request with four characters.
    const body = `[${Array(60_000).fill('1e20').join(',')}]`;
    const status = async (path: string, text: string) => {
      const headers = { ...as(a), 'Content-Type': 'application/json' };
      const Authorization = `Bearer ${gateway.token}`;
      const init = { method: 'POST', body: text, headers: { ...headers, Authorization } };
      return (await fetch(`${gateway.url}/v1/${path}`, init)).status;
    };
    expect(await status(`blocks/${id}/messages`, `{"body":${body}}`)).toBe(413);
    expect(await status('groups/stored/messages', `{"body":${body}}`)).toBe(413);
    expect((await read(id)).mailbox.depth).toBe(0);
  });

  test('bytes come back as they went', async () => {
    const id = await spawn();
    const bytes = Buffer.from([0, 255, 1, 254]).toString('base64');
    await api.post(`/v1/blocks/${id}/messages`, { bytes });
    expect((await receive(id))[0].bytes).toBe(bytes);
  });

  test('a call gets its answer once', async () => {
    const id = await spawn();
    const called = api.post(`/v1/blocks/${id}/call`, { body: { add: [1, 2] } });
    const [message] = await receive(id);
    const replied = await api.post(`/v1/blocks/${id}/reply`, { lease: message.lease, body: 3 });
    expect(replied.status).toBe(202);
    expect((await called).body.body).toBe(3);
    const twice = await api.post(`/v1/blocks/${id}/reply`, { lease: message.lease, body: 4 });
    expect(twice.status).toBe(409);
  });

  test('blocks send to each other', async () => {
    const [a, b] = [await spawn(), await spawn()];
    expect((await send(b, 'hi', as(a))).body.seq).toBe(1);
    expect((await receive(b))[0]).toMatchObject({ from: `block:${a}`, body: 'hi' });
  });
});

describe('calls of a block', () => {
  const call = (to: string, from: string, timeoutMs = 20_000) =>
    api.post(`/v1/blocks/${to}/call`, { body: 'ping', timeoutMs }, as(from));

  test('come from it, and their answers go to whoever acts as it', async () => {
    const [a, b] = [await spawn(), await spawn()];
    const answer = call(b, a);
    const [message] = await receive(b);
    expect(message).toMatchObject({ from: `block:${a}`, body: 'ping' });
    const { lease } = message;
    expect((await api.post(`/v1/blocks/${b}/reply`, { lease, body: 'pong' })).status).toBe(202);
    expect(await answer).toMatchObject({ status: 200, body: { body: 'pong' } });
    expect((await read(a)).mailbox.accepted).toBe(0);
  });

  test('need its capability', async () => {
    const [mute, other] = [await spawn({ capabilities: [] }), await spawn()];
    expect((await call(other, mute)).status).toBe(403);
    const { exitReason } = await untilExited(mute);
    expect(exitReason).toEqual({ crash: 'capability', capability: 'block:send' });
    expect((await read(other)).mailbox.accepted).toBe(0);
  });

  test('are told at once of a full mailbox and of the dead, and end with their time', async () => {
    const [a, b] = [await spawn(), await spawn({ limits: { messages: 1 } })];
    expect((await call(b, a, 1)).status).toBe(504);
    expect((await call(b, a)).body.code).toBe('mailbox_full');
    await api.delete(`/v1/blocks/${b}`);
    expect((await call(b, a)).body.code).toBe('noproc');
  });
});

describe('ends', () => {
  test('a link takes the other with it', async () => {
    const [a, b] = [await spawn(), await spawn()];
    expect((await api.put(`/v1/blocks/${a}/links/${b}`, undefined)).status).toBe(204);
    await expect.poll(async () => (await read(b)).links).toEqual([a]);
    await api.post(`/v1/blocks/${a}/exit`, { reason: { crash: 'boom' } });
    expect((await untilExited(b)).exitReason).toEqual({ crash: 'boom' });
  });

  test('who traps exits hears of it, and lives', async () => {
    const [a, b] = [await spawn(), await spawn()];
    await api.put(`/v1/blocks/${b}/trap-exits`, { on: true });
    await api.put(`/v1/blocks/${b}/links/${a}`, undefined);
    await expect.poll(async () => (await read(a)).links).toEqual([b]);
    await api.delete(`/v1/blocks/${a}`);
    const [heard] = await receive(b);
    expect(heard).toMatchObject({
      signal: true,
      body: { type: 'exit', from: a, reason: 'killed' },
    });
    expect((await read(b)).state).not.toBe('exited');
  });

  test('a monitor hears down with its reference', async () => {
    const [a, b] = [await spawn(), await spawn()];
    const { ref } = (await api.post(`/v1/blocks/${a}/monitors`, { target: b })).body;
    await api.post(`/v1/blocks/${b}/exit`, { reason: 'shutdown' });
    expect((await receive(a))[0].body).toEqual({ type: 'down', from: b, ref, reason: 'shutdown' });
  });

  test('monitoring and linking the dead says noproc', async () => {
    const [a, dead] = [await spawn(), await spawn()];
    await api.delete(`/v1/blocks/${dead}`);
    await api.put(`/v1/blocks/${a}/trap-exits`, { on: true });
    await api.post(`/v1/blocks/${a}/monitors`, { target: dead });
    const [down] = await receive(a);
    expect(down.body).toMatchObject({ type: 'down', reason: 'noproc' });
    await api.post(`/v1/blocks/${a}/ack`, { leases: [down.lease] });
    await api.put(`/v1/blocks/${a}/links/${dead}`, undefined);
    const second = await receive(a, { match: { type: 'exit' } });
    expect(second[0].body).toEqual({ type: 'exit', from: dead, reason: 'noproc' });
  });

  test('who tries what it may not do crashes, and its links hear it', async () => {
    const [a, b] = [await spawn({ capabilities: ['CAP_LINK'] }), await spawn()];
    await api.put(`/v1/blocks/${a}/links/${b}`, undefined);
    await expect.poll(async () => (await read(b)).links).toEqual([a]);
    const denied = await send(b, 'no', as(a));
    expect([denied.status, denied.body.code]).toEqual([403, 'denied']);
    const reason = { crash: 'capability', capability: 'block:send' };
    expect((await read(a)).exitReason).toEqual(reason);
    expect((await untilExited(b)).exitReason).toEqual(reason);
  });

  test('a child is born linked and monitored, with a part of what its parent has', async () => {
    const parent = await spawn();
    const path = '/v1/blocks';
    const body = {
      behavior: mailbox,
      capabilities: ['CAP_SEND'],
      parent,
      link: true,
      monitor: true,
    };
    const { id, ref } = (await api.post(path, body)).body;
    await expect.poll(async () => (await read(id)).parent).toBe(parent);
    expect((await read(id)).links).toEqual([parent]);
    expect((await read(parent)).monitors).toEqual([{ ref, target: id }]);
    const wider = await api.post(path, { ...body, capabilities: ['CAP_HTTP'] });
    expect(wider.status).toBe(403);
  });

  test('a link and a monitor that a child is born with are relations of its parent', async () => {
    const parent = await spawn({ limits: { relations: 1 } });
    const bear = (more: object) =>
      api.post('/v1/blocks', { behavior: mailbox, parent, ...more }).then(({ status }) => status);
    expect(await bear({ link: true, monitor: true })).toBe(429);
    expect(await bear({ link: true })).toBe(201);
    expect(await bear({ monitor: true })).toBe(429);
    expect(await bear({})).toBe(201);
  });
});

describe('timers', () => {
  test('rings once after its time, and again and again until it is cancelled', async () => {
    const id = await spawn();
    const path = `/v1/blocks/${id}/timers`;
    const once = (await api.post(path, { afterMs: 50, body: 'once' })).body.timerId;
    const [rung] = await receive(id);
    expect(rung).toMatchObject({
      signal: true,
      body: { type: 'timer', from: id, ref: once, body: 'once' },
    });
    await api.post(`/v1/blocks/${id}/ack`, { leases: [rung.lease] });
    const again = (await api.post(path, { afterMs: 0, everyMs: 100, body: 1 })).body.timerId;
    for (let times = 0; times < 3; times++) {
      const [tick] = await receive(id);
      expect(tick.body.ref).toBe(again);
      await api.post(`/v1/blocks/${id}/ack`, { leases: [tick.lease] });
    }
    expect((await api.delete(`${path}/${again}`)).status).toBe(204);
    expect((await api.delete(`${path}/${again}`)).status).toBe(404);
  });

  test('what was cancelled in time never rings', async () => {
    const id = await spawn();
    const path = `/v1/blocks/${id}/timers`;
    const { timerId } = (await api.post(path, { afterMs: 300 })).body;
    await api.delete(`${path}/${timerId}`);
    expect(await receive(id, { timeoutMs: 600 })).toEqual([]);
  });
});

describe('checkpoints', () => {
  const bodies = async (id: string) =>
    (await receive(id, { max: 10, leaseMs: 100 })).map(({ body }: { body: unknown }) => body);

  test('a block goes back to a checkpoint', async () => {
    const id = await spawn();
    await send(id, 'kept');
    const taken = await api.post(`/v1/blocks/${id}/checkpoint`, {});
    expect(taken.status).toBe(201);
    await send(id, 'later');
    const restored = await api.post(`/v1/blocks/${id}/restore`, { checkpoint: taken.body.id });
    expect(restored.body).toEqual({ id });
    expect(await bodies(id)).toEqual(['kept']);
  });

  test('what it has heard of others since stays, and comes first', async () => {
    const [id, other] = [await spawn(), await spawn()];
    await send(id, 'kept');
    const { body } = await api.post(`/v1/blocks/${id}/checkpoint`, {});
    await api.post(`/v1/blocks/${id}/monitors`, { target: other });
    await api.delete(`/v1/blocks/${other}`);
    await expect.poll(async () => (await read(id)).monitors).toEqual([]);
    const [, down] = await receive(id, { max: 2 });
    await api.post(`/v1/blocks/${id}/restore`, { checkpoint: body.id });
    const { acknowledged } = (await api.post(`/v1/blocks/${id}/ack`, { leases: [down.lease] }))
      .body;
    expect(acknowledged).toBe(0);
    expect(await bodies(id)).toEqual([down.body, 'kept']);
  });

  test('another block begins with it, and has no capability but those that are granted now', async () => {
    const id = await spawn();
    await send(id, 'kept');
    const checkpoint = (await api.post(`/v1/blocks/${id}/checkpoint`, {})).body.id;
    await api.delete(`/v1/blocks/${id}`);
    const path = `/v1/blocks/${id}/restore`;
    const bare = (await api.post(path, { checkpoint, into: 'new' })).body.id;
    expect((await read(bare)).capabilities).toEqual([]);
    expect((await read(bare)).mailbox.depth).toBe(1);
    const able = (await api.post(path, { checkpoint, into: 'new', capabilities: ALL })).body.id;
    expect(await bodies(able)).toEqual(['kept']);
  });
});

describe('names and groups', () => {
  test('a name has one holder, and is free when that ends', async () => {
    const first = await spawn({ name: 'clerk' });
    expect((await api.get('/v1/names/clerk')).body).toEqual({ name: 'clerk', id: first });
    const taken = await api.post('/v1/blocks', { behavior: mailbox, name: 'clerk' });
    expect([taken.status, taken.body.code]).toEqual([409, 'conflict']);
    await api.delete(`/v1/blocks/${first}`);
    await expect.poll(async () => (await api.get('/v1/names/clerk')).status).toBe(404);
    const second = await spawn();
    expect((await api.put('/v1/names/clerk', { block: second })).status).toBe(200);
    expect((await api.get('/v1/names/clerk')).body.id).toBe(second);
  });

  test('a child that was refused leaves its name free', async () => {
    const parent = await spawn({ capabilities: ['CAP_SPAWN'] });
    const born = (capabilities: string[]) =>
      api.post('/v1/blocks', { behavior: mailbox, name: 'asked-twice', parent, capabilities });
    expect((await born(['CAP_SEND'])).status).toBe(403);
    expect((await born([])).status).toBe(201);
  });

  test('what is sent to a group comes to all who are in it, and nobody who left or ended', async () => {
    const ids = [await spawn(), await spawn(), await spawn(), await spawn()];
    for (const id of ids) await api.put(`/v1/groups/crew/members/${id}`, undefined);
    await api.delete(`/v1/groups/crew/members/${ids[2]}`);
    await api.delete(`/v1/blocks/${ids[3]}`);
    await expect
      .poll(async () => (await api.get('/v1/groups/crew')).body.members)
      .toEqual([ids[0], ids[1]].sort());
    const [one, two] = [ids[0]!, ids[1]!].sort();
    const first = (await api.get('/v1/groups/crew?limit=1')).body;
    expect(first).toEqual({ members: [one], next: one });
    const rest = (await api.get(`/v1/groups/crew?limit=1&after=${first.next}`)).body;
    expect(rest).toEqual({ members: [two] });
    const told = await api.post('/v1/groups/crew/messages', { body: 'all hands' });
    expect(told.body).toEqual({ members: 2, accepted: 2, refused: 0 });
    for (const id of ids.slice(0, 2)) expect((await receive(id))[0].body).toBe('all hands');
    expect((await read(ids[2]!)).mailbox.accepted).toBe(0);
  });
});

test('a name that no block can have is refused with the rule', async () => {
  const id = await spawn();
  for (const path of ['/v1/names/Clerk', `/v1/groups/Crew/members/${id}`]) {
    const { status, body } = await api.put(
      path,
      path.includes('names') ? { block: id } : undefined,
    );
    expect([status, body.errors]).toEqual([
      422,
      [{ pointer: '/name', detail: 'must match [a-z0-9][a-z0-9._-]{0,63}' }],
    ]);
  }
  expect((await api.get('/v1/names/Clerk')).status).toBe(404);
});

test('dead letters are read in parts', async () => {
  const id = await spawn({ limits: { messages: 1, overflow: 'drop-old' } });
  for (const body of ['a', 'b', 'c', 'd']) await send(id, body);
  const first = (await api.get(`/v1/blocks/${id}/dead-letters?limit=2`)).body;
  expect(first.deadLetters.map(({ body }: { body: string }) => body)).toEqual(['a', 'b']);
  const rest = (await api.get(`/v1/blocks/${id}/dead-letters?limit=2&after=${first.next}`)).body;
  expect([rest.deadLetters.length, rest.next]).toEqual([1, undefined]);
});

test('an Idempotency-Key stands for one request of one block', async () => {
  const [a, b] = [await spawn(), await spawn()];
  const born = (parent: string) =>
    api.post('/v1/blocks', { behavior: mailbox }, { ...as(parent), 'Idempotency-Key': 'born' });
  const first = await born(a);
  expect((await born(a)).body).toEqual(first.body);
  expect((await born(b)).body.code).toBe('idempotency_conflict');
  const upgrade = (id: string) =>
    api.post(`/v1/blocks/${id}/upgrade`, { behavior: mailbox }, { 'Idempotency-Key': 'upgrade' });
  expect([(await upgrade(a)).body, (await upgrade(a)).body]).toEqual([
    { version: 2 },
    { version: 2 },
  ]);
  expect((await upgrade(b)).body.code).toBe('idempotency_conflict');
});

test('with an Idempotency-Key, whatever makes something of a block does so once', async () => {
  const [a, b] = [await spawn(), await spawn()];
  const twice = async (path: string, body: object) => {
    const headers = { 'Idempotency-Key': 'twice' };
    const answers = [await api.post(path, body, headers), await api.post(path, body, headers)];
    expect(answers[1]).toMatchObject({ status: answers[0]!.status, body: answers[0]!.body });
    return answers[0]!.body;
  };
  await twice(`/v1/blocks/${a}/messages`, { body: 'once' });
  await api.put(`/v1/groups/pair/members/${a}`, undefined);
  await twice('/v1/groups/pair/messages', { body: 'all' });
  await twice(`/v1/blocks/${a}/monitors`, { target: b });
  await twice(`/v1/blocks/${a}/timers`, { afterMs: 3_600_000 });
  const { id: checkpoint } = await twice(`/v1/blocks/${a}/checkpoint`, {});
  const supervisor = await spawn({
    behavior: { kind: 'supervisor' },
    capabilities: ['CAP_SUPERVISE', 'CAP_SPAWN'],
  });
  await twice(`/v1/blocks/${supervisor}/children`, { name: 'only', behavior: mailbox });
  const { id: other } = await twice(`/v1/blocks/${a}/restore`, { checkpoint, into: 'new' });
  expect((await read(other)).mailbox.depth).toBe(2);
  expect(await read(a)).toMatchObject({ mailbox: { accepted: 2 }, monitors: [{}] });
  const { checkpoints } = (await api.get(`/v1/blocks/${a}/checkpoints`)).body;
  expect(checkpoints).toHaveLength(1);
});

test('a call with an Idempotency-Key is heard once, and answered again', async () => {
  const id = await spawn();
  const call = (key: string) =>
    api.post(`/v1/blocks/${id}/call`, { body: 'add' }, { 'Idempotency-Key': key });
  const answerWith = async (key: string, body: unknown) => {
    const asked = call(key);
    const [{ lease }] = await receive(id);
    await api.post(`/v1/blocks/${id}/reply`, { lease, body });
    return (await asked).body.body;
  };
  expect(await answerWith('call', 3)).toBe(3);
  expect((await call('call')).body.body).toBe(3);
  const long = 'x'.repeat(262_144);
  expect(await answerWith('long', long)).toBe(long);
  expect(await call('long')).toMatchObject({ status: 409, body: { code: 'answer_not_kept' } });
  const inVain = () =>
    api.post(`/v1/blocks/${id}/call`, { body: 'add', timeoutMs: 1 }, { 'Idempotency-Key': 'vain' });
  const [first, again] = [await inVain(), await inVain()];
  expect([first.body.code, again.body.code]).toEqual([
    'deadline_exceeded',
    'idempotency_in_progress',
  ]);
  expect((await read(id)).mailbox).toMatchObject({ accepted: 3, depth: 1 });
});

test('who names a block where nobody can act as one is refused, and does not act as himself', async () => {
  const [a, b] = [await spawn(), await spawn()];
  const refused = { status: 400, body: { code: 'bad_request' } };
  const tool = '/v1/tools/no-such-tool/call';
  expect(await api.post(tool, { arguments: {} }, as(a))).toMatchObject(refused);
  expect(await api.post('/v1/sessions', {}, as(a))).toMatchObject(refused);
  const monitor = (id: string, target: string) =>
    api.post(`/v1/blocks/${id}/monitors`, { target }, as(a));
  expect(await monitor(b, a)).toMatchObject(refused);
  expect((await read(b)).monitors).toEqual([]);
  expect((await monitor(a, b)).status).toBe(201);
});

test('what was acknowledged survives the end of the process, once', async () => {
  const [a, b] = [await spawn(), await spawn()];
  await api.put(`/v1/blocks/${b}/trap-exits`, { on: true });
  await api.put(`/v1/blocks/${a}/links/${b}`, undefined);
  await send(b, 'first');
  await send(b, 'second', as(a));
  await api.post(`/v1/blocks/${a}/exit`, { reason: { crash: 'boom' } });
  await gateway.kill();
  await gateway.restart();
  await expect.poll(async () => (await read(b)).mailbox.accepted, { timeout: 15_000 }).toBe(3);
  const heard = await receive(b, { max: 10 });
  expect(heard.map((message: { body: unknown }) => message.body)).toEqual([
    'first',
    'second',
    { type: 'exit', from: a, reason: { crash: 'boom' } },
  ]);
  expect((await api.get('/v1/audit/verify')).body.ok).toBe(true);
});

test('ids of other workspaces, and ids that nobody issued, are noproc', async () => {
  for (const id of [`blk_${'0'.repeat(44)}`, 'blk_1', 'x']) {
    const answer = await api.get(`/v1/blocks/${id}`);
    expect([answer.status, answer.body.code]).toEqual([404, 'noproc']);
  }
});
