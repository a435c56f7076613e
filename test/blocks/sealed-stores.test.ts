/** Each store that holds content, with a policy that has it sealed: nothing lies open, all is read. */

import { describe, expect, test } from 'vitest';
import { ReplyStore } from '../../src/blocks/channel/reply-store.ts';
import { type StoredUpdate, UpdateStore } from '../../src/blocks/channel/update-store.ts';
import type { Sealing } from '../../src/blocks/kit/sealing.ts';
import { CallStore } from '../../src/blocks/node/call-store.ts';
import { ScheduleStore, type StoredSchedule } from '../../src/blocks/schedule/schedule-store.ts';
import { EntryStore } from '../../src/blocks/storage/entry-store.ts';
import { AnswerStore } from '../../src/blocks/workspace/answer-store.ts';
import type { ToolOutcome } from '../../src/core/conversation/tool-result.ts';
import { PRINCIPAL_LABEL } from '../../src/core/policy/labels.ts';
import { LaneStore } from '../../src/tiers/wasm/lane-store.ts';
import { PluginLogStore } from '../../src/tiers/wasm/plugin-log-store.ts';
import { follows, freshWorkspace, inObject, readRows } from './kit/sealing-scene.ts';

const CANARY = 'canary-c3d4-in-a-store';
const NOW = 1_000_000;

/** Writes with one life of the object, looks at the rows, and reads with another. */
async function sealedStore(
  write: (sql: SqlStorage, sealing: Sealing) => void,
  read: (sql: SqlStorage, sealing: Sealing) => unknown,
): Promise<string> {
  return await inObject(freshWorkspace(), async (wake, state) => {
    write(state.storage.sql, await follows(wake()));
    expect(readRows(state)).not.toContain('canary');
    return JSON.stringify(read(state.storage.sql, await follows(wake())));
  });
}

describe('what is sealed in a store', () => {
  test('of messages from platforms, also once they are answered', async () => {
    const update = {
      ...{ channel: 'desk', updateId: 'u-1', status: 'waiting', receivedAt: NOW },
      facts: { update: { text: CANARY } },
    } as unknown as StoredUpdate;
    const read = await sealedStore(
      (sql, sealing) => {
        const updates = new UpdateStore(sql, sealing);
        updates.createTable();
        const seq = updates.insert(update);
        updates.setFacts({ ...update, seq }, { ...update.facts, principal: CANARY });
        const second = updates.insert({ ...update, updateId: 'u-2' });
        updates.settle({ ...update, updateId: 'u-2', seq: second }, 'refused', { code: CANARY });
      },
      (sql, sealing) => {
        const updates = new UpdateStore(sql, sealing);
        return [updates.find(1), updates.newest('desk')];
      },
    );
    expect(read.split(CANARY)).toHaveLength(5);
  });

  test('of replies to platforms', async () => {
    const part = { id: 'r-1', updateId: 'u-1', chat: 'c', text: CANARY, index: 0 } as never;
    const read = await sealedStore(
      (sql, sealing) => {
        const replies = new ReplyStore(sql, sealing);
        replies.createTable();
        replies.add({ channel: 'desk', isRepeatable: true, part, createdAt: NOW });
      },
      (sql, sealing) => new ReplyStore(sql, sealing).pending(),
    );
    expect(read).toContain(CANARY);
  });

  test('of calls on nodes, under way and over', async () => {
    const call = (callKey: string) =>
      ({
        facts: { callKey, node: 'node_1' },
        ...{ state: 'sent', settleAt: NOW },
        order: { ticket: 't', argumentsText: CANARY },
      }) as unknown as Parameters<CallStore['add']>[0];
    const read = await sealedStore(
      (sql, sealing) => {
        const calls = new CallStore(sql, sealing);
        calls.createTable();
        for (const key of ['turn_1/0/0', 'turn_1/0/1']) calls.add(call(key), NOW);
        const outcome = { kind: 'ok', output: CANARY } as ToolOutcome;
        calls.settle('turn_1/0/1', 'done', outcome, NOW);
      },
      (sql, sealing) => {
        const calls = new CallStore(sql, sealing);
        return ['turn_1/0/0', 'turn_1/0/1'].map((key) => calls.find(key));
      },
    );
    expect(read.split(CANARY)).toHaveLength(3);
  });

  test('of schedules and their runs', async () => {
    const schedule = { spec: { name: 'daily', input: CANARY }, nextAt: NOW };
    const read = await sealedStore(
      (sql, sealing) => {
        const schedules = new ScheduleStore(sql, sealing);
        schedules.createTables();
        schedules.put(schedule as unknown as StoredSchedule);
        schedules.putRun('daily', { dueAt: NOW, status: 'running', note: CANARY } as never);
      },
      (sql, sealing) => {
        const schedules = new ScheduleStore(sql, sealing);
        return [schedules.due(NOW), schedules.runs('daily'), schedules.openRuns()];
      },
    );
    expect(read.split(CANARY)).toHaveLength(4);
  });

  test('of answers that are kept for a repeated request', async () => {
    const key = { principal: 'user:alice', route: 'callTool', key: 'k' };
    const read = await sealedStore(
      (sql, sealing) => {
        const answers = new AnswerStore(sql, sealing);
        answers.createTable();
        answers.begin(key, 'hash', NOW);
        answers.finish(key, { status: 200, body: CANARY });
      },
      (sql, sealing) => new AnswerStore(sql, sealing).begin(key, 'hash', NOW),
    );
    expect(read).toContain(CANARY);
  });

  test('of outcomes and logs of plugins', async () => {
    const claims = { callKey: 'turn_1/0/0', plugin: 'p', pluginVersion: '1.0.0', tool: 't' };
    const read = await sealedStore(
      (sql, sealing) => {
        const outcomes = new LaneStore(sql, sealing);
        outcomes.keep(claims.callKey, { kind: 'ok', output: CANARY } as ToolOutcome, NOW);
        outcomes.writeKept();
        const logs = new PluginLogStore(sql, sealing);
        const logged = { lines: [{ level: 'info', text: CANARY }], dropped: 0 } as never;
        logs.keep({ claims, outcome: 'ok', logged }, NOW);
        logs.writeKept();
      },
      (sql, sealing) => [
        new LaneStore(sql, sealing).outcome(claims.callKey),
        new PluginLogStore(sql, sealing).read('p', NOW),
      ],
    );
    expect(read.split(CANARY)).toHaveLength(3);
  });
});

describe("a plugin's storage", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const put = (entries: EntryStore, key: string, value = CANARY) =>
    entries.put({ key: bytes(key), value: bytes(value), label: PRINCIPAL_LABEL });
  const readText = (entries: EntryStore, key: string) =>
    new TextDecoder().decode(entries.find(bytes(key))?.value);

  test('seals values, and counts them by what was stored', () =>
    inObject(freshWorkspace(), async (wake, state) => {
      const { sql } = state.storage;
      const entries = new EntryStore(sql, await follows(wake()));
      entries.createTables();
      put(entries, 'a');
      put(entries, 'a', `${CANARY} again`);
      put(entries, 'b');
      expect(readRows(state)).not.toContain('canary');
      const later = new EntryStore(sql, await follows(wake()));
      expect(later.usage()).toEqual(entries.usage());
      expect(later.usage()).toEqual({ keys: 2, bytes: 2 + 2 * CANARY.length + ' again'.length });
      expect([readText(later, 'a'), readText(later, 'b')]).toEqual([`${CANARY} again`, CANARY]);
      later.delete(bytes('a'));
      expect(later.usage()).toEqual({ keys: 1, bytes: 1 + CANARY.length });
    }));

  test('of before there was any sealing goes on with what it has', () =>
    inObject(freshWorkspace(), async (wake, state) => {
      const { sql } = state.storage;
      sql.exec(`CREATE TABLE entries (
        key BLOB PRIMARY KEY, value BLOB NOT NULL,
        integrity TEXT NOT NULL, confidentiality TEXT NOT NULL) STRICT`);
      sql.exec(
        "INSERT INTO entries VALUES (?, ?, 'trusted', 'public')",
        ...[bytes('old'), bytes('plain')],
      );
      const entries = new EntryStore(sql, await follows(wake()));
      expect(readText(entries, 'old')).toBe('plain');
      expect(entries.usage()).toEqual({ keys: 1, bytes: 8 });
      put(entries, 'new');
      expect(readRows(state)).not.toContain('canary');
      expect([readText(entries, 'old'), readText(entries, 'new')]).toEqual(['plain', CANARY]);
    }));
});
