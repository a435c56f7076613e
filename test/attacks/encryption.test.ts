/**
 * Whoever can write to the disk of a workspace whose content is sealed: rows are swapped, copied from
 * other sessions, altered and cut off. Nothing of it is shown or gone by.
 */

import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

// Not by an import, which the test runner does not know as the platform's own.
const sqlite = process.getBuiltinModule('node:sqlite');

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  const { body } = await api.get('/v1/workspaces/default');
  const policy = { ...body.policy, encryption: { atRest: 'content' } };
  expect((await api.put('/v1/workspaces/default', { policy })).status).toBe(200);
});
afterAll(() => gateway?.dispose());

/** The databases in which a query finds anything, for whoever has the disk of a dead gateway. */
function* databasesWith(query: string, value: string): Generator<DatabaseSync> {
  for (const path of globSync(join(gateway.dataFolder, '**/*.sqlite'))) {
    const database = new sqlite.DatabaseSync(path);
    try {
      if (database.prepare(query).get(value) !== undefined) yield database;
    } catch {
      // Another kind of object: it has no such table.
    } finally {
      database.close();
    }
  }
}

function inDatabase<T>(query: string, value: string, use: (database: DatabaseSync) => T): T {
  for (const database of databasesWith(query, value)) return use(database);
  throw new Error('The disk must hold what the gateway has stored');
}

interface Conversation {
  readonly session: string;
  readonly turnId: string;
}

async function converse(text: string): Promise<Conversation> {
  const session = await api.session();
  const turn = await api.turn(session, script({ text }), SCRIPT_MODEL);
  expect(turn.body).toMatchObject({ status: 'finished', output: text });
  return { session, turnId: turn.body.turnId };
}

const inSession = <T>({ turnId }: Conversation, use: (database: DatabaseSync) => T): T =>
  inDatabase('SELECT 1 FROM turns WHERE id = ?', turnId, use);

const messagesOf = ({ session }: Conversation) => api.get(`/v1/sessions/${session}/messages`);
const eventsOf = ({ session, turnId }: Conversation) =>
  api.get(`/v1/sessions/${session}/turns/${turnId}`);

async function spawnWith(body: string): Promise<string> {
  const spawned = await api.post('/v1/blocks', {
    behavior: { kind: 'mailbox' },
    capabilities: ['CAP_RECEIVE'],
  });
  const { id } = spawned.body;
  const sent = await api.post(`/v1/blocks/${id}/messages`, { body, messageId: `first-of-${id}` });
  expect(sent.status).toBe(202);
  return id;
}

const inBlock = <T>(id: string, use: (database: DatabaseSync) => T): T =>
  inDatabase('SELECT 1 FROM known_ids WHERE message_id = ?', `first-of-${id}`, use);

const bodyIn = (table: string) => (database: DatabaseSync) =>
  String(database.prepare(`SELECT body FROM ${table} ORDER BY rowid LIMIT 1`).get()?.body);

describe('rows that were sealed', () => {
  test('are refused where they were swapped, copied, altered or cut off', async () => {
    const [untouched, swapped, copied, altered, cut] = [
      ...[await converse('untouched words'), await converse('swapped words')],
      ...[await converse('copied words'), await converse('altered words')],
      await converse('cut words'),
    ] as const;
    const [block, other] = [await spawnWith('for this block'), await spawnWith('for the other')];
    await gateway.kill();

    inSession(swapped, (database) => {
      const [first, last] = database
        .prepare('SELECT last_seq, body FROM messages ORDER BY last_seq')
        .all();
      const write = database.prepare('UPDATE messages SET body = ? WHERE last_seq = ?');
      write.run(String(last?.body), Number(first?.last_seq));
      write.run(String(first?.body), Number(last?.last_seq));
    });
    const foreign = inSession(untouched, bodyIn('messages'));
    inSession(copied, (database) => {
      database.prepare('UPDATE messages SET body = ?').run(foreign);
    });
    inSession(altered, (database) => {
      const body = bodyIn('messages')(database);
      const at = body.length - 12;
      const changed = `${body.slice(0, at)}${body[at] === 'A' ? 'B' : 'A'}${body.slice(at + 1)}`;
      database.prepare('UPDATE messages SET body = ?').run(changed);
    });
    inSession(cut, (database) => {
      database.exec('UPDATE journal SET body = substr(body, 1, 40)');
      database.exec('UPDATE messages SET body = substr(body, 1, 2)');
    });
    const mail = inBlock(other, bodyIn('mailbox'));
    inBlock(block, (database) => void database.prepare('UPDATE mailbox SET body = ?').run(mail));
    await gateway.restart();

    expect((await messagesOf(untouched)).body).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant', content: 'untouched words' }],
    });
    for (const conversation of [swapped, copied, altered, cut]) {
      const { status, body } = await messagesOf(conversation);
      expect([status, body.code]).toEqual([500, 'content_unreadable']);
      expect(JSON.stringify(body)).not.toMatch(/words/);
    }
    const { status, body } = await eventsOf(cut);
    expect([status, body.code]).toEqual([500, 'content_unreadable']);
    const received = await api.post(`/v1/blocks/${block}/receive`, { max: 1 });
    expect([received.status, received.body.code]).toEqual([500, 'content_unreadable']);
    expect((await api.post(`/v1/blocks/${other}/receive`, { max: 1 })).body).toMatchObject({
      messages: [{ body: 'for the other' }],
    });
  });
});
