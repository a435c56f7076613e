import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { AuditBlock } from '../../../src/blocks/audit/audit-block.ts';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import { verifyEd25519 } from '../../../src/blocks/kit/signatures.ts';
import { signingKey } from '../../../src/blocks/kit/signing-key.ts';
import type { AuditEvent } from '../../../src/core/audit/audit-event.ts';
import { parseNote } from '../../../src/core/audit/checkpoint.ts';
import { naivePath, naiveProof, naiveRoot, sha256Bytes } from '../../core/audit/naive-tree.ts';

interface Bindings {
  readonly AUDITS: DurableObjectNamespace<AuditBlock>;
  readonly SALLYPORT_MASTER_KEY: string;
}

const { AUDITS, SALLYPORT_MASTER_KEY } = env as unknown as Bindings;
let count = 0;
const freshAudit = () => AUDITS.getByName(`tree-${++count}`);

const events = (many: number): AuditEvent[] =>
  Array.from({ length: many }, (_, at) => ({
    action: 'tool-call',
    decision: 'allowed',
    at,
    actor: 'user:alice',
  }));

async function leavesOf(audit: DurableObjectStub<AuditBlock>): Promise<Uint8Array[]> {
  const { records } = await audit.query({ after: 0, limit: 1_000 });
  return records.map(({ hash }) => Buffer.from(hash, 'hex'));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('proofs', () => {
  test('are those of the definition at sizes around those of the kept subtrees', async () => {
    const audit = freshAudit();
    await audit.append('a', 1, events(63));
    await audit.append('a', 64, events(130));
    await evictDurableObject(audit);
    await audit.append('a', 194, events(7));
    const leaves = await leavesOf(audit);
    expect(leaves).toHaveLength(200);
    for (const size of [1, 2, 63, 64, 65, 127, 128, 129, 192, 200]) {
      const tree = leaves.slice(0, size);
      for (const seq of new Set([1, Math.ceil(size / 2), size])) {
        expect(await audit.inclusion(seq, size)).toEqual({
          ...{ seq, size, leaf: hex(tree[seq - 1] ?? new Uint8Array()) },
          ...{ path: naivePath(seq - 1, tree).map(hex), root: hex(naiveRoot(tree)) },
        });
        expect((await audit.consistency(seq, size))?.path).toEqual(naiveProof(seq, tree).map(hex));
      }
    }
  });

  test('are made of a chain that was there before its tree was kept', async () => {
    const audit = freshAudit();
    await audit.append('a', 1, events(200));
    await runInDurableObject(audit, (_, { storage }) => storage.sql.exec('DELETE FROM subtrees'));
    await evictDurableObject(audit);
    await audit.append('a', 201, events(1));
    const leaves = await leavesOf(audit);
    expect((await audit.inclusion(5, 201))?.root).toBe(hex(naiveRoot(leaves)));
  });
});

describe('sign()', () => {
  test('signs what there is, once, with the key of the deployment', async () => {
    const audit = freshAudit();
    expect(await audit.sign()).toBeUndefined();
    await audit.append('a', 1, events(3));
    const signed = await audit.sign();
    expect(await audit.sign()).toEqual(signed);
    const publicKey = Buffer.from(
      signingKey(SALLYPORT_MASTER_KEY, 'audit-signing').publicKey,
      'base64url',
    );
    const read = parseNote(signed?.note ?? '', publicKey, sha256Bytes);
    const { workspace, size, root } = read?.checkpoint ?? {};
    expect([workspace, size]).toEqual([`tree-${count}`, 3]);
    expect(hex(root ?? new Uint8Array())).toBe(hex(naiveRoot(await leavesOf(audit))));
    const body = Buffer.from(read?.body ?? '');
    expect(verifyEd25519(publicKey, body, read?.signature ?? new Uint8Array())).toBe(true);
    await audit.append('a', 4, events(1));
    expect((await audit.sign())?.size).toBe(4);
    expect((await audit.checkpoints(0, 10)).map((checkpoint) => checkpoint.size)).toEqual([3, 4]);
    expect((await audit.checkpoints(3, 10)).map((checkpoint) => checkpoint.size)).toEqual([4]);
  });

  describe('after a change of the master key', () => {
    const next = Buffer.alloc(32, 7).toString('base64url');
    const keys = {
      ...{ SALLYPORT_MASTER_KEY: next, SALLYPORT_PREVIOUS_MASTER_KEY: SALLYPORT_MASTER_KEY },
    };
    const startWith = (audit: DurableObjectStub<AuditBlock>, changed: Partial<typeof keys>) =>
      runInDurableObject(audit, async (_, state) => {
        const block = new AuditBlock(state, { ...(env as unknown as BlockBindings), ...changed });
        const { records } = await block.query({ after: 0, limit: 10 });
        return {
          actions: records.map(({ event }) => event.action),
          verified: await block.verify(),
          signed: await block.sign(),
        };
      });

    test('holds at once, and says on the record that the key is another one', async () => {
      const audit = freshAudit();
      await audit.append('a', 1, events(2));
      await audit.sign();
      const { actions, verified, signed } = await startWith(audit, keys);
      expect(actions).toEqual(['tool-call', 'tool-call', 'audit-key-changed']);
      expect(verified).toMatchObject({ ok: true, count: 3 });
      const { publicKey } = signingKey(next, 'audit-signing');
      const read = parseNote(signed?.note ?? '', Buffer.from(publicKey, 'base64url'), sha256Bytes);
      expect(read?.checkpoint.size).toBe(3);
      expect((await startWith(audit, keys)).actions).toEqual(actions);
    });

    test('does not take over an end that the key before has not sealed', async () => {
      const audit = freshAudit();
      await audit.append('a', 1, events(2));
      const { SALLYPORT_MASTER_KEY: present } = keys;
      const withoutPrevious = await startWith(audit, { SALLYPORT_MASTER_KEY: present });
      const withPrevious = (previous: string) =>
        startWith(audit, { ...keys, SALLYPORT_PREVIOUS_MASTER_KEY: previous });
      const other = await withPrevious(Buffer.alloc(32, 8).toString('base64url'));
      const malformed = await withPrevious('');
      for (const { actions, verified } of [withoutPrevious, other, malformed]) {
        expect(actions).toHaveLength(2);
        expect(verified.firstBad?.problem).toBe('checkpoint');
      }
    });
  });

  test('happens by itself after records have arrived', async () => {
    const audit = freshAudit();
    await audit.append('a', 1, events(2));
    expect(await audit.checkpoints(0, 10)).toEqual([]);
    await runInDurableObject(audit, (_, { storage }) => {
      storage.sql.exec('UPDATE timers SET due_at = 1');
    });
    await evictDurableObject(audit);
    await audit.checkpoints(0, 1);
    expect(await runDurableObjectAlarm(audit)).toBe(true);
    expect((await audit.checkpoints(0, 10)).map(({ size }) => size)).toEqual([2]);
  });
});
