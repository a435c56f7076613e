import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { ContentKeys } from '../../../src/blocks/vault/content-keys.ts';
import { CONTENT_KEY, WrappingKeys } from '../../../src/blocks/vault/data-key.ts';
import { SealedSecrets } from '../../../src/blocks/vault/sealed-secrets.ts';
import type { VaultBlock } from '../../../src/blocks/vault/vault-block.ts';
import { VaultStore } from '../../../src/blocks/vault/vault-store.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { LOWEST_LABEL } from '../../../src/core/policy/labels.ts';
import { MAX_SECRETS } from '../../../src/core/vault/secret.ts';

interface Bindings {
  readonly VAULTS: DurableObjectNamespace<VaultBlock>;
}

const { VAULTS } = env as unknown as Bindings;
let count = 0;
const freshVault = () => VAULTS.getByName(`vaulted-${++count}`);

const ACTOR = { name: 'user:root', requestId: 'r-1' };
const HOST = 'api.example.com:443';
const VALUE = 'correct horse battery staple';
const CLAIMS: TicketClaims = {
  ...{ workspace: 'vaulted', session: 'ses_1', callKey: 'turn_1/0/0', tier: 'wasm', tool: 't' },
  ...{
    plugin: 'p',
    pluginVersion: '1.0.0',
    codeHash: '0'.repeat(64),
    argumentHash: '0'.repeat(64),
  },
  ...{ label: LOWEST_LABEL, revision: 1, epoch: 1, deadlineAt: 1 },
};
const use = (name: string, host = HOST) => ({ name, host, claims: CLAIMS });

/** What a vault has on disk, seen under these master keys. */
function sealedUnder(present: string, previous?: string) {
  return (state: DurableObjectState) => {
    const keys = {
      SALLYPORT_MASTER_KEY: present,
      ...(previous !== undefined && { SALLYPORT_PREVIOUS_MASTER_KEY: previous }),
    };
    const store = new VaultStore(state.storage.sql);
    const wrapping = new WrappingKeys(keys, state.id.name ?? '');
    const secrets = new SealedSecrets(state.id.name ?? '', store, wrapping);
    return { store, secrets };
  };
}

const MASTER_A = Buffer.alloc(32, 1).toString('base64url');
const MASTER_B = Buffer.alloc(32, 2).toString('base64url');

describe('lend()', () => {
  test('gives value and hosts to a call on a node, unless the secret may go nowhere', async () => {
    const vault = freshVault();
    const lend = (name: string) => vault.lend({ name, node: 'node_a', claims: CLAIMS });
    await vault.put(ACTOR, 'key', { value: VALUE, hosts: [HOST] });
    await vault.put(ACTOR, 'kept', { value: VALUE, hosts: [] });
    expect(await lend('key')).toEqual({ ok: true, value: { value: VALUE, hosts: [HOST] } });
    expect(await lend('kept')).toEqual({ ok: false, error: 'secret_host' });
    expect(await lend('other')).toEqual({ ok: false, error: 'secret_unknown' });
  });
});

describe('use()', () => {
  test('gives the value for the hosts that the secret names, and for no other', async () => {
    const vault = freshVault();
    await vault.put(ACTOR, 'key', { value: VALUE, hosts: [HOST] });
    expect(await vault.use(use('key'))).toEqual({ ok: true, value: VALUE });
    for (const host of ['api.example.com:80', 'example.com:443', 'xapi.example.com:443', '']) {
      expect(await vault.use(use('key', host))).toEqual({ ok: false, error: 'secret_host' });
    }
    expect(await vault.use(use('other'))).toEqual({ ok: false, error: 'secret_unknown' });
  });

  test('gives nothing once the secret was deleted, and no version twice', async () => {
    const vault = freshVault();
    await vault.put(ACTOR, 'key', { value: VALUE, hosts: [HOST] });
    expect(await vault.remove(ACTOR, 'key')).toBe(true);
    expect(await vault.use(use('key'))).toMatchObject({ error: 'secret_unknown' });
    expect(await vault.remove(ACTOR, 'key')).toBe(false);
    expect(await vault.put(ACTOR, 'key', { value: VALUE, hosts: [] })).toMatchObject({
      version: 2,
    });
  });

  test('reads the same after the block was evicted', async () => {
    const vault = freshVault();
    await vault.put(ACTOR, 'key', { value: `${VALUE} é`, hosts: [HOST] });
    await evictDurableObject(vault);
    expect(await vault.use(use('key'))).toEqual({ ok: true, value: `${VALUE} é` });
  });
});

describe('what is stored', () => {
  test('is sealed, and moved or changed in no part without being unreadable', async () => {
    const changes = [
      'UPDATE secrets SET hosts = \'["evil.example.com:443"]\'',
      'UPDATE secrets SET version = version + 1',
      "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'other') WHERE name = 'key'",
      "UPDATE secrets SET sealed = zeroblob(64) WHERE name = 'key'",
      "UPDATE secrets SET sealed = x'00' WHERE name = 'key'",
      'UPDATE data_keys SET wrapped = zeroblob(60)',
      "UPDATE data_keys SET id = '0011223344556677'",
    ];
    for (const change of changes) {
      const vault = freshVault();
      await vault.put(ACTOR, 'key', { value: VALUE, hosts: [HOST] });
      await vault.put(ACTOR, 'other', { value: `${VALUE}!`, hosts: [HOST] });
      await runInDurableObject(vault, (_, { storage }) => {
        const rows = JSON.stringify(
          storage.sql.exec("SELECT hex(sealed) AS h, * FROM secrets WHERE name = 'key'").toArray(),
        );
        expect(rows).not.toContain(Buffer.from(VALUE).toString('hex').toUpperCase());
        storage.sql.exec(change);
      });
      await evictDurableObject(vault);
      const [host = HOST] =
        (await vault.list()).secrets.find(({ name }) => name === 'key')?.hosts ?? [];
      expect(await vault.use(use('key', host)), change).toEqual({ ok: false, error: 'unreadable' });
    }
  });

  test('is of no use in the vault of another workspace', async () => {
    const rows = await runInDurableObject(freshVault(), (_, state) => {
      const { store, secrets } = sealedUnder(MASTER_A)(state);
      secrets.write('key', { value: VALUE, hosts: [HOST] }, 1);
      return { key: store.dataKey(), secret: store.find('key') };
    });
    await runInDurableObject(freshVault(), (_, state) => {
      const { store, secrets } = sealedUnder(MASTER_A)(state);
      if (rows.key !== undefined) store.setDataKey(rows.key);
      if (rows.secret !== undefined) store.put(rows.secret);
      const [moved] = store.all();
      expect(moved && secrets.read(moved)).toBeUndefined();
    });
  });
});

describe('a new master key', () => {
  test('reads what lies under the previous one, and puts it under itself with the next write', async () => {
    await runInDurableObject(freshVault(), (_, state) => {
      const read = (view: ReturnType<ReturnType<typeof sealedUnder>>) => {
        const stored = view.store.find('key');
        return stored && view.secrets.read(stored);
      };
      const before = sealedUnder(MASTER_A)(state);
      before.secrets.write('key', { value: VALUE, hosts: [HOST] }, 1);
      expect(read(sealedUnder(MASTER_B)(state))).toBeUndefined();
      expect(read(sealedUnder(MASTER_B, MASTER_A)(state))).toBe(VALUE);
      sealedUnder(MASTER_B, MASTER_A)(state).secrets.write('new', { value: VALUE, hosts: [] }, 2);
      expect(read(sealedUnder(MASTER_B)(state))).toBe(VALUE);
      expect(read(sealedUnder(MASTER_A)(state))).toBeUndefined();
    });
  });

  test('seals everything anew when it is told to, and nothing if something cannot be read', async () => {
    await runInDurableObject(freshVault(), (_, state) => {
      const before = sealedUnder(MASTER_A)(state);
      before.secrets.write('key', { value: VALUE, hosts: [HOST] }, 1);
      const old = before.store.dataKey();
      const changing = sealedUnder(MASTER_B, MASTER_A)(state);
      changing.secrets.rewrap();
      expect(changing.store.dataKey()?.id).not.toBe(old?.id);
      const after = sealedUnder(MASTER_B)(state);
      const stored = after.store.find('key');
      expect(stored && after.secrets.read(stored)).toBe(VALUE);
      expect(() => sealedUnder(MASTER_A)(state).secrets.rewrap()).toThrow('Cannot open the vault');
      expect(() =>
        sealedUnder(MASTER_A)(state).secrets.write('x', { value: VALUE, hosts: [] }, 3),
      ).toThrow('Cannot open the vault');
    });
  });
});

describe('put()', () => {
  test('takes as many secrets as there may be, and new versions of those', async () => {
    const vault = freshVault();
    const secret = { value: VALUE, hosts: [] };
    for (let at = 0; at < MAX_SECRETS; at++) await vault.put(ACTOR, `key-${at}`, secret);
    expect(await vault.put(ACTOR, 'one-more', secret)).toBeUndefined();
    expect(await vault.put(ACTOR, 'key-0', secret)).toMatchObject({ version: 2 });
    await vault.remove(ACTOR, 'key-1');
    expect(await vault.put(ACTOR, 'one-more', secret)).toMatchObject({ version: 1 });
  });
});

describe('values()', () => {
  test('answers with all values, and with nothing while they are the same', async () => {
    const vault = freshVault();
    expect(await vault.values(undefined)).toMatchObject({ values: [] });
    await vault.put(ACTOR, 'key', { value: VALUE, hosts: [] });
    const first = await vault.values(undefined);
    expect(first?.values).toEqual([{ name: 'key', value: VALUE }]);
    expect(await vault.values(first?.state)).toBeUndefined();
    await vault.put(ACTOR, 'key', { value: `${VALUE}!`, hosts: [] });
    expect((await vault.values(first?.state))?.values).toEqual([
      { name: 'key', value: `${VALUE}!` },
    ]);
    await vault.remove(ACTOR, 'key');
    expect((await vault.values(first?.state))?.values).toEqual([]);
  });
});

describe('contentKeys()', () => {
  test('makes the first one when it is asked for, and gives the same ones again', async () => {
    const vault = freshVault();
    expect(await vault.list()).not.toHaveProperty('contentKey');
    const keys = await vault.contentKeys();
    expect(keys).toHaveLength(1);
    await evictDurableObject(vault);
    expect(await vault.contentKeys()).toEqual(keys);
    expect(await vault.list()).toMatchObject({
      contentKey: keys[0]?.id,
      contentKeyWrappedBy: keys[0]?.wrappedBy,
    });
  });

  test('come with a newest one after each change, and none is lost', async () => {
    const vault = freshVault();
    const [first] = await vault.contentKeys();
    await vault.rewrap(ACTOR);
    const keys = await vault.contentKeys();
    expect(keys).toHaveLength(2);
    expect(keys[1]?.id).toBe(first?.id);
  });

  test('are put under the present master key as soon as they are asked for', async () => {
    await runInDurableObject(freshVault(), (_, { id, storage }) => {
      const keysUnder = (present: string, previous?: string) => {
        const master = {
          SALLYPORT_MASTER_KEY: present,
          ...(previous !== undefined && { SALLYPORT_PREVIOUS_MASTER_KEY: previous }),
        };
        const wrapping = new WrappingKeys(master, id.name ?? '', CONTENT_KEY);
        return { wrapping, keys: new ContentKeys(storage.sql, wrapping) };
      };
      const opened = ({ wrapping, keys }: ReturnType<typeof keysUnder>) =>
        keys.all().map((key) => Buffer.from(wrapping.unwrap(key)?.key ?? []).toString('hex'));
      const a = keysUnder(MASTER_A);
      a.keys.renew();
      const plain = opened(a);
      const both = keysUnder(MASTER_B, MASTER_A);
      expect(opened(both)).toEqual(plain);
      expect(opened(keysUnder(MASTER_B))).toEqual(['']);
      both.keys.take();
      expect(opened(keysUnder(MASTER_B))).toEqual(plain);
      expect(opened(a)).toEqual(['']);
    });
  });

  test('that no master key opens stay for the day that it is found, beside a new one', async () => {
    await runInDurableObject(freshVault(), (_, { id, storage }) => {
      const under = (master: string) => {
        const keys = { SALLYPORT_MASTER_KEY: master };
        const wrapping = new WrappingKeys(keys, id.name ?? '', CONTENT_KEY);
        return new ContentKeys(storage.sql, wrapping);
      };
      under(MASTER_A).renew();
      const [lost] = under(MASTER_A).all();
      under(MASTER_B).renew();
      const [newest, kept] = under(MASTER_B).all();
      expect(kept).toEqual(lost);
      expect(newest?.wrappedBy).not.toBe(lost?.wrappedBy);
    });
  });

  test('cannot stand in for the key of the secrets, nor the other way round', async () => {
    await runInDurableObject(freshVault(), (_, { id }) => {
      const keys = { SALLYPORT_MASTER_KEY: MASTER_A };
      const ofContent = new WrappingKeys(keys, id.name ?? '', CONTENT_KEY);
      const ofSecrets = new WrappingKeys(keys, id.name ?? '');
      const key = ofContent.create();
      expect(ofSecrets.unwrap(ofContent.wrap(key))).toBeUndefined();
      expect(ofContent.unwrap(ofSecrets.wrap(key))).toBeUndefined();
      expect(ofContent.unwrap(ofContent.wrap(key))?.id).toBe(key.id);
    });
  });
});
