/** The index of a workspace's sessions: its bounds, what it shows of whom, and how it forgets. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import { keyedHash, randomHex } from '../../../src/blocks/kit/keys.ts';
import { openSession } from '../../../src/blocks/session/session-client.ts';
import type {
  ListedSession,
  SessionIndexApi,
  SessionQuery,
} from '../../../src/blocks/session-index/session-index-api.ts';
import { askSessionIndex } from '../../../src/blocks/session-index/session-index-client.ts';
import { openWorkspace } from '../../../src/blocks/workspace/workspace-client.ts';
import { DEFAULT_SESSION_POLICY } from '../../../src/core/policy/session-policy.ts';
import { issueSessionId } from '../../../src/core/primitives/ids.ts';
import { workspaceId } from '../../core/policy/authority-builder.ts';
import { eventually } from '../../support/eventually.ts';

const bindings = env as unknown as BlockBindings;
const objects = bindings.SESSION_INDEXES as unknown as DurableObjectNamespace;
const sessionObjects = bindings.SESSIONS as unknown as DurableObjectNamespace;

const HOUR_MS = 3_600_000;

function openIndex() {
  const workspace = workspaceId(`index-${randomHex(6)}`);
  const ask = <T>(call: (index: SessionIndexApi) => Promise<T>) =>
    askSessionIndex(bindings, workspace, call);
  const key = keyedHash(bindings.SALLYPORT_MASTER_KEY, 'session-ids');
  const stub = () => objects.getByName(workspace);
  const write = (statement: string): Promise<unknown> =>
    runInDurableObject(stub(), (_, { storage }) => storage.sql.exec(statement).toArray());
  return {
    workspace,
    ask,
    write,
    /** Its memory is gone. */
    evict: () => evictDurableObject(stub()),
    newId: () => issueSessionId(workspace, randomHex(16), key),
    idsOf: async (query: Partial<SessionQuery> = {}) =>
      (await ask((index) => index.list({ limit: 100, ...query }))).sessions.map(({ id }) => id),
    /** Everything that it has to do by then is done. */
    tend: async () => {
      await write('UPDATE timers SET due_at = 1');
      await runDurableObjectAlarm(stub());
    },
    listed: (over: Partial<ListedSession> = {}): ListedSession => ({
      id: issueSessionId(workspace, randomHex(16), key),
      createdAt: Date.now(),
      createdBy: 'user:ann',
      ...over,
    }),
  };
}

type Index = ReturnType<typeof openIndex>;

/** A session as a request makes it. */
async function makeSession({ workspace, newId }: Index, title?: string) {
  const sessionId = newId();
  const principal = { kind: 'user', id: 'ann', workspace, tokenId: 'tok' } as const;
  const session = openSession(bindings, workspace, sessionId);
  await openWorkspace(bindings, workspace).found({ principal, requestId: 'req_found' });
  await session.create({ sessionId, principal, requestId: 'req_1', ...(title && { title }) });
  return { sessionId, session, principal };
}

/** The whole Worker is loaded with its first object. */
beforeAll(() => openIndex().idsOf(), 60_000);

describe('the list', () => {
  test('shows the newest first, in pages, of one principal or of all', async () => {
    const { ask, idsOf, listed } = openIndex();
    const mine = [listed({ title: 'One' }), listed({ model: 'embedded/planner' }), listed()];
    const other = listed({ createdBy: 'service:bot' });
    for (const session of [...mine, other]) await ask((index) => index.reserve(session));
    const [one, two, three] = mine;

    const createdBy = 'user:ann';
    const first = await ask((index) => index.list({ createdBy, limit: 2 }));
    expect(first).toEqual({ sessions: [three, two], next: expect.any(Number) });
    const after = first.next ?? 0;
    expect(await ask((index) => index.list({ createdBy, after, limit: 2 }))).toEqual({
      sessions: [one],
    });
    expect(await idsOf()).toEqual([other, three, two, one].map((each) => each?.id));
    expect(await idsOf({ createdBy: 'user:an' })).toEqual([]);
  });

  test('holds a session from its making to its deletion, also across a crash', async () => {
    const index = openIndex();
    const { session, sessionId, principal } = await makeSession(index, 'Plans');
    await index.evict();
    const { sessions } = await index.ask((api) => api.list({ limit: 10 }));
    expect(sessions).toMatchObject([{ id: sessionId, createdBy: 'user:ann', title: 'Plans' }]);
    expect(await session.remove(principal, 'req_2')).toBe(true);
    expect(await index.idsOf()).toEqual([]);
    expect(await index.write('SELECT * FROM counts')).toEqual([]);
  });
});

describe('the bounds', () => {
  const bounded = async (policy: { readonly max: number; readonly maxOfPrincipal: number }) => {
    const index = openIndex();
    await index.ask((api) => api.follow(policy, 2));
    const reserve = (createdBy: string) =>
      index.ask((api) => api.reserve(index.listed({ createdBy })));
    return { ...index, reserve };
  };

  test('let nobody have more than his share, however many are made at once', async () => {
    const { ask, idsOf, reserve } = await bounded({ max: 100, maxOfPrincipal: 3 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => reserve('user:ann')));
    expect(answers.filter((answer) => answer === 'reserved')).toHaveLength(3);
    expect(answers.filter((answer) => answer === 'principal-is-full')).toHaveLength(9);
    expect(await reserve('user:bob')).toBe('reserved');
    const [newest] = await idsOf({ createdBy: 'user:ann' });
    if (newest !== undefined) await ask((index) => index.remove(newest));
    expect(await reserve('user:ann')).toBe('reserved');
    expect(await reserve('user:ann')).toBe('principal-is-full');
  });

  test('keep all together within that of the workspace', async () => {
    const { reserve } = await bounded({ max: 2, maxOfPrincipal: 2 });
    expect(await reserve('user:ann')).toBe('reserved');
    expect(await reserve('user:bob')).toBe('reserved');
    expect(await reserve('user:cleo')).toBe('workspace-is-full');
  });

  test('are no bound for what is there already, which takes nobody the room of the workspace', async () => {
    const { ask, listed, reserve } = await bounded({ max: 1, maxOfPrincipal: 1 });
    const strangers = Array.from({ length: 5 }, (_, at) =>
      listed({ createdBy: `channel:c.${at}` }),
    );
    for (const session of strangers) await ask((index) => index.hear(session));
    expect(await reserve('user:ann')).toBe('reserved');
  });

  test('let the same session be reserved again at the bound', async () => {
    const { ask, listed } = await bounded({ max: 1, maxOfPrincipal: 1 });
    const session = listed();
    expect(await ask((index) => index.reserve(session))).toBe('reserved');
    expect(await ask((index) => index.reserve(session))).toBe('reserved');
    expect(await ask((index) => index.reserve(listed()))).toBe('principal-is-full');
  });

  test('are those of the newest revision, whichever is heard last', async () => {
    const { ask, reserve } = await bounded({ max: 1, maxOfPrincipal: 1 });
    await ask((index) => index.follow(DEFAULT_SESSION_POLICY, 1));
    await reserve('user:ann');
    expect(await reserve('user:ann')).toBe('principal-is-full');
  });
});

describe('a reservation', () => {
  test('of a session that was never made is given up, one that was made stays', async () => {
    const index = openIndex();
    const { sessionId } = await makeSession(index);
    await index.ask((api) => api.reserve(index.listed()));
    await index.write('UPDATE sessions SET reserved_at = reserved_at - 60001');
    await index.evict();
    await index.tend();
    expect(await index.idsOf()).toEqual([sessionId]);
    expect(await index.write('SELECT reserved_at FROM sessions')).toEqual([{ reserved_at: null }]);
    // There is nothing more to wake up for.
    expect(await index.write('SELECT * FROM timers')).toEqual([]);
  });

  test('is left alone for a minute', async () => {
    const index = openIndex();
    const session = index.listed();
    await index.ask((api) => api.reserve(session));
    await index.tend();
    expect(await index.idsOf()).toEqual([session.id]);
  });
});

describe('a session that cannot be opened', () => {
  /** How long it is left alone from now on, in minutes. */
  const minutesLeft = async ({ write }: Index) => {
    const [row] = (await write('SELECT reserved_at FROM sessions')) as [{ reserved_at: number }];
    return Math.round((row.reserved_at + 60_000 - Date.now()) / 60_000);
  };

  test('is asked less and less often, at least once a day, and listed until it can be', async () => {
    const index = openIndex();
    const { sessionId } = await makeSession(index);
    const stub = sessionObjects.getByName(`${index.workspace}/${sessionId}`);
    const inSession = (statement: string) =>
      runInDurableObject(stub, (_, { storage }) => storage.sql.exec(statement).toArray());
    await inSession('ALTER TABLE turns RENAME TO lost');
    await evictDurableObject(stub);
    const waits: number[] = [];
    for (const before of [0, 1, 2, 30]) {
      await index.write(`UPDATE unreached SET times = ${before}`);
      await index.write('UPDATE sessions SET reserved_at = 1');
      await index.tend();
      waits.push(await minutesLeft(index));
    }
    expect(waits).toEqual([1, 2, 4, 1_440]);
    expect(await index.idsOf()).toEqual([sessionId]);

    await inSession('ALTER TABLE lost RENAME TO turns');
    await evictDurableObject(stub);
    await index.write('UPDATE sessions SET reserved_at = 1');
    await index.tend();
    expect(await index.write('SELECT reserved_at FROM sessions')).toEqual([{ reserved_at: null }]);
    expect(await index.write('SELECT * FROM unreached')).toEqual([]);
  });
});

describe('a session that nobody uses', () => {
  const IDLE = { ...DEFAULT_SESSION_POLICY, maxIdleMs: HOUR_MS };
  const makeOld = async (index: Index, sessionId: string, ms: number) => {
    const stub = sessionObjects.getByName(`${index.workspace}/${sessionId}`);
    await runInDurableObject(stub, (_, { storage }) => {
      const { facts } = storage.sql.exec<{ facts: string }>('SELECT facts FROM session').one();
      const { createdAt, ...others } = JSON.parse(facts);
      const older = JSON.stringify({ ...others, createdAt: createdAt - ms });
      storage.sql.exec('UPDATE session SET facts = ?', older);
    });
    await evictDurableObject(stub);
  };

  test('is deleted when the policy asks for it, on the record, and leaves nothing', async () => {
    const index = openIndex();
    const { sessionId, session } = await makeSession(index, 'Old');
    const { sessionId: newer } = await makeSession(index);
    await makeOld(index, sessionId, HOUR_MS);
    await index.write('UPDATE sessions SET used_at = used_at - 3600000');
    await index.tend();
    expect(await index.idsOf()).toContain(sessionId);

    await index.ask((api) => api.follow(IDLE, 2));
    await index.tend();
    expect(await index.idsOf()).toEqual([newer]);
    expect(await session.describe()).toBeUndefined();
    const { AUDITS } = bindings;
    await eventually(async () => {
      const query = { action: 'session-deleted', after: 0, limit: 10 } as const;
      const { records } = await AUDITS.getByName(index.workspace).query(query);
      const told = records.map(({ event }) => [event.sessionId, event.actor, event.reason]);
      expect(told).toEqual([[sessionId, 'gateway', 'idle']]);
    });
    await eventually(async () => {
      const stub = sessionObjects.getByName(`${index.workspace}/${sessionId}`);
      const tables = await runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'session'").toArray(),
      );
      expect(tables).toEqual([]);
    });
  });

  test('is asked first: the index may not know of its last use', async () => {
    const index = openIndex();
    const { sessionId } = await makeSession(index);
    await index.write('UPDATE sessions SET used_at = 1');
    await index.ask((api) => api.follow(IDLE, 2));
    await index.tend();
    expect(await index.idsOf()).toEqual([sessionId]);
    const [row] = (await index.write('SELECT used_at FROM sessions')) as [{ used_at: number }];
    expect(row.used_at).toBeGreaterThan(Date.now() - HOUR_MS);
  });
});
