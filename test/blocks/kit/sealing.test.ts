import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkedValues, MAX_INLINE_CHARS } from '../../../src/blocks/kit/chunked-values.ts';
import { Tables } from '../../../src/blocks/kit/tables.ts';
import { bindings, follows, freshWorkspace, inObject, vaultOf } from './sealing-scene.ts';

const ACTOR = { name: 'user:root', requestId: 'r-1' };
const OFF = { atRest: 'none' } as const;
const MASTER_B = Buffer.alloc(32, 2).toString('base64url');

const tablesOf = ({ storage }: DurableObjectState): unknown[] =>
  storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'sealed_with'").toArray();

const UNREADABLE = expect.objectContaining({ code: 'content_unreadable' });
const thrown = (attempt: () => unknown): unknown => {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('Sealing.seal()', () => {
  it('leaves text as it is while the policy does not want it, and asks no vault', async () => {
    const workspace = freshWorkspace();
    await inObject(workspace, async (wake, state) => {
      const sealing = wake();
      expect(sealing.follow(OFF)).toBeUndefined();
      expect(sealing.seal('row', 'in the clear')).toBe('in the clear');
      expect(sealing.sealBytes('row', new Uint8Array([1, 2]))).toBeUndefined();
      expect(tablesOf(state)).toEqual([]);
    });
    expect(await vaultOf(workspace).list()).not.toHaveProperty('contentKey');
  });

  it('gives back every text and every run of bytes, sealed or not', () =>
    inObject(freshWorkspace(), async (wake) => {
      const on = await follows(wake());
      const off = wake();
      const texts = fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }).map((s) => `\u0001${s}`),
      );
      fc.assert(
        fc.property(texts, fc.uint8Array(), (text, bytes) => {
          expect(off.openText('row', off.seal('row', text))).toBe(text);
          expect(on.openText('row', off.seal('row', text))).toBe(text);
          const wellFormed = text.toWellFormed();
          expect(on.openText('row', on.seal('row', wellFormed))).toBe(wellFormed);
          expect(on.open('row', on.sealBytes('row', bytes) ?? '')).toEqual(bytes);
        }),
        { numRuns: 200 },
      );
    }));

  it('never writes the same twice, and nothing of what it seals', () =>
    inObject(freshWorkspace(), async (wake) => {
      const sealing = await follows(wake());
      const sealed = sealing.seal('row', 'the canary sings');
      expect(sealing.seal('row', 'the canary sings')).not.toBe(sealed);
      expect(Buffer.from(sealed.slice(2), 'base64').toString('latin1')).not.toContain('canary');
    }));

  it('leaves what it has sealed readable when the policy is taken back', () =>
    inObject(freshWorkspace(), async (wake) => {
      const sealing = await follows(wake());
      const sealed = sealing.seal('row', 'said');
      await follows(sealing, OFF);
      expect(sealing.seal('row', 'said')).toBe('said');
      expect(sealing.openText('row', sealed)).toBe('said');
    }));

  it('seals the short and the long, whose parts hold nothing of it either', () =>
    inObject(freshWorkspace(), async (wake, { storage }) => {
      const values = new ChunkedValues(storage.sql, new Tables(storage.sql), await follows(wake()));
      const long = 'canary '.repeat(MAX_INLINE_CHARS);
      expect(values.spill('long', long)).toBeNull();
      expect(values.spillBody('bytes', new TextEncoder().encode(long))).toBeNull();
      expect(values.unspill('long', null) === long).toBe(true);
      expect(values.unspillBody('bytes', null)).toHaveLength(long.length);
      const found = "SELECT count(*) AS n FROM value_parts WHERE instr(body, 'canary') > 0";
      expect(storage.sql.exec(found).one().n).toBe(0);
    }));
});

describe('Sealing.open()', () => {
  it('refuses what stood in another row, or in another object', async () => {
    const workspace = freshWorkspace();
    const sealed = await inObject(workspace, async (wake) => {
      const sealing = await follows(wake());
      const text = sealing.seal('journal/1', 'said');
      expect(thrown(() => sealing.open('journal/2', text))).toEqual(UNREADABLE);
      return text;
    });
    await inObject(workspace, async (wake) => {
      const sealing = await follows(wake());
      expect(thrown(() => sealing.open('journal/1', sealed))).toEqual(UNREADABLE);
    });
    await inObject(freshWorkspace(), async (wake) => {
      const sealing = await follows(wake());
      expect(thrown(() => sealing.open('journal/1', sealed))).toEqual(UNREADABLE);
    });
  });

  it('refuses it with any bit changed, any part cut off, or as the other form', () =>
    inObject(freshWorkspace(), async (wake) => {
      const sealing = await follows(wake());
      const sealed = sealing.seal('row', 'said');
      const bytes = Buffer.from(sealed.slice(2), 'base64');
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const written = `\u0001t${changed.toString('base64')}`;
        expect(thrown(() => sealing.open('row', written))).toEqual(UNREADABLE);
        const cut = `\u0001t${bytes.subarray(0, at).toString('base64')}`;
        expect(thrown(() => sealing.open('row', cut))).toEqual(UNREADABLE);
      }
      expect(thrown(() => sealing.open('row', `\u0001b${sealed.slice(2)}`))).toEqual(UNREADABLE);
    }));

  it('says nothing of what it could not open', () =>
    inObject(freshWorkspace(), async (wake) => {
      const sealing = await follows(wake());
      const error = thrown(() => sealing.open('other', sealing.seal('row', 'canary')));
      expect(String(error)).not.toMatch(/canary|sealed-/);
    }));

  it('reads nothing under another master key, and writes nothing either', () =>
    inObject(freshWorkspace(), async (wake) => {
      const sealed = (await follows(wake())).seal('row', 'said');
      const stranger = wake({ SALLYPORT_MASTER_KEY: MASTER_B });
      await expect(follows(stranger)).rejects.toEqual(UNREADABLE);
      expect(thrown(() => stranger.open('row', sealed))).toEqual(UNREADABLE);
      expect(thrown(() => stranger.seal('row', 'more'))).toEqual(UNREADABLE);
    }));

  it('reads under the previous master key while there is another', () =>
    inObject(freshWorkspace(), async (wake) => {
      const sealed = (await follows(wake())).seal('row', 'said');
      const keys = {
        SALLYPORT_MASTER_KEY: MASTER_B,
        SALLYPORT_PREVIOUS_MASTER_KEY: bindings.SALLYPORT_MASTER_KEY,
      };
      expect((await follows(wake(keys))).openText('row', sealed)).toBe('said');
    }));
});

describe('a change of keys', () => {
  it('leaves every row as it is, and seals with the new one from the next life on', async () => {
    const workspace = freshWorkspace();
    await inObject(workspace, async (wake, state) => {
      const before = (await follows(wake())).seal('row', 'said');
      const first = await vaultOf(workspace).list();
      const second = await vaultOf(workspace).rewrap(ACTOR);
      expect(second.contentKey).not.toBe(first.contentKey);
      const sealing = await follows(wake());
      const after = sealing.seal('row', 'said');
      expect([before, after].map((text) => sealing.openText('row', text))).toEqual([
        'said',
        'said',
      ]);
      const idOf = (text: string) => Buffer.from(text.slice(2), 'base64').toString('hex', 0, 8);
      expect([before, after].map(idOf)).toEqual([first.contentKey, second.contentKey]);
      const used = state.storage.sql.exec('SELECT key_id FROM sealed_with').toArray();
      expect(used).toHaveLength(2);
    });
  });

  it('makes no key where nothing was ever sealed', async () => {
    const workspace = freshWorkspace();
    expect(await vaultOf(workspace).rewrap(ACTOR)).not.toHaveProperty('contentKey');
  });
});

describe('Sealing.begin()', () => {
  it('has the keys before an object that has sealed begins, and waits for nobody else', () =>
    inObject(freshWorkspace(), async (wake, state) => {
      let begun = 0;
      wake().begin(() => begun++);
      expect(begun).toBe(1);
      const sealed = (await follows(wake())).seal('row', 'said');
      const sealing = wake();
      const read = new Promise((resolve) => {
        sealing.begin(() => resolve(sealing.openText('row', sealed)));
      });
      expect(await read).toBe('said');
      expect(sealing.isOn).toBe(true);
      expect(tablesOf(state)).toHaveLength(1);
    }));

  it('lets an object begin that cannot open what it has, so that it can say so', () =>
    inObject(freshWorkspace(), async (wake, state) => {
      const sealed = (await follows(wake())).seal('row', 'said');
      const stranger = wake({ SALLYPORT_MASTER_KEY: MASTER_B });
      stranger.begin(() => void stranger.open('row', sealed));
      await state.blockConcurrencyWhile(async () => undefined);
      expect(thrown(() => stranger.open('row', sealed))).toEqual(UNREADABLE);
    }));
});
