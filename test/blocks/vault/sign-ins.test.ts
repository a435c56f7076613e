/** Sign-ins to remote servers, where they are kept: how they begin, what is kept, and how they end. */

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { SIGN_IN_KEY, WrappingKeys } from '../../../src/blocks/vault/data-key.ts';
import { SealedJson } from '../../../src/blocks/vault/sealed-json.ts';
import type { SignInOrder } from '../../../src/blocks/vault/sign-in-api.ts';
import { eventually } from '../../support/eventually.ts';
import {
  ACTOR,
  begin,
  comeBack,
  freshVault,
  ISSUER,
  ORDER,
  PLACE,
  page,
  pass,
  SERVER,
  setStage,
  signIn,
  stateOf,
  USE,
  type Vault,
} from './support/sign-in-stage.ts';

const stage = setStage();

test('a gateway on the web is known by its document, and registers nowhere', async () => {
  const vault = await freshVault();
  const query = await begin(vault);
  expect(Object.fromEntries(query)).toEqual({
    ...{ tenant: '1', response_type: 'code', resource: SERVER, scope: 'offline_access' },
    client_id: 'https://gate.example.com/v1/sign-ins/client.json',
    redirect_uri: 'https://gate.example.com/v1/sign-ins/callback',
    state: expect.stringMatching(/^signed-in-\d+\.[\w-]{43}\.[0-9a-f]{32}$/),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
  });
  await signIn(vault);
  expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-0' });
  expect(stage.toIssuer()[0]?.fields.get('client_id')).toBe(query.get('client_id'));
});

test('a server that greets everybody is asked for its tools, to hear what it wants', async () => {
  stage.pages[SERVER] = (words) =>
    /initialize/.test(`${words}`)
      ? page({})
      : new Response(null, { status: 401, headers: { 'WWW-Authenticate': 'Bearer scope="a b"' } });
  expect((await begin(await freshVault())).get('scope')).toBe('a b offline_access');
  expect(stage.asked.filter(({ url }) => url === SERVER)).toHaveLength(2);
});

test('a client that was registered by hand needs its password, for the host of the issuer', async () => {
  const vault = await freshVault();
  const order: SignInOrder = {
    ...ORDER,
    auth: { type: 'sign-in', issuer: ISSUER, client: { id: 'by hand', secret: 'password' } },
  };
  const put = (hosts: string[]) => vault.put(ACTOR, 'password', { value: 'p:ss word', hosts });
  const isRefused = { ok: false, error: 'client_needed' };
  expect(await vault.beginSignIn(ACTOR, order)).toEqual(isRefused);
  await put(['mcp.example.com:443']);
  expect(await vault.beginSignIn(ACTOR, order)).toEqual(isRefused);
  await put(['auth.example.com:443']);
  expect(await vault.finishSignIn(ACTOR, PLACE, await comeBack(vault, order))).toMatchObject({
    ok: true,
  });
  expect(stage.toIssuer()[0]?.fields.get('client_secret')).toBeNull();
});

describe('a client that the issuer has registered', () => {
  const clients = (vault: Vault) =>
    runInDurableObject(vault, (_, { storage }) =>
      storage.sql.exec('SELECT * FROM oauth_clients').toArray(),
    );

  function registerAt(issuer: string): void {
    const told = { resource: SERVER, authorization_servers: [issuer] };
    stage.pages['https://mcp.example.com/.well-known/oauth-protected-resource/mcp'] = () =>
      page(told);
    stage.pages[`${issuer}/.well-known/oauth-authorization-server`] = () =>
      page({
        ...{ issuer, authorization_endpoint: `${issuer}/authorize` },
        ...{ token_endpoint: `${issuer}/token`, registration_endpoint: `${issuer}/register` },
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['client_secret_basic'],
      });
    stage.pages[`${issuer}/register`] = () =>
      page({ client_id: 'c', client_secret: 'password' }, 201);
  }

  test('is put under a new master key with the tokens, so that these can be renewed', async () => {
    registerAt(ISSUER);
    const vault = await freshVault();
    await signIn(vault);
    const [before] = await clients(vault);
    await vault.rewrap(ACTOR);
    const [after] = await clients(vault);
    expect(after).not.toEqual(before);
    await vault.refuseToken({ ...USE, token: 'access-0', kind: 'invalid' });
    expect(stage.toIssuer()).toHaveLength(2);
    expect(await stateOf(vault)).toEqual(['signed-in', undefined]);
  });

  test('is kept for its sign-in, and not for those that were never finished', async () => {
    const vault = await freshVault();
    for (const n of [1, 2, 3]) {
      registerAt(`https://auth-${n}.example.com`);
      await begin(vault);
    }
    expect(await clients(vault)).toMatchObject([{ issuer: 'https://auth-3.example.com' }]);
    await pass(stage, vault, 600_000);
    expect(await runDurableObjectAlarm(vault)).toBe(true);
    expect(await clients(vault)).toEqual([]);
  });

  test('is registered anew where the issuer knows it no more', async () => {
    registerAt(ISSUER);
    const vault = await freshVault();
    stage.pages[`${ISSUER}/token`] = () => page({ error: 'invalid_client' }, 401);
    await expect(comeBack(vault)).rejects.toThrow('refused');
    stage.pages[`${ISSUER}/token`] = () => page(stage.tokens);
    await signIn(vault);
    expect(stage.toIssuer('/register')).toHaveLength(2);
  });
});

describe('what is kept', () => {
  const rows = (vault: Vault) =>
    runInDurableObject(vault, (_, { storage }) =>
      ['sign_ins', 'pending_sign_ins'].flatMap((table) =>
        storage.sql.exec(`SELECT * FROM ${table}`).toArray(),
      ),
    );

  test('holds neither state nor code nor token as it is', async () => {
    const vault = await freshVault();
    const state = (await begin(vault)).get('state') ?? '';
    expect(JSON.stringify(await rows(vault))).not.toContain(state);
    const received = await vault.receiveAnswer({ state, code: 'code-0' });
    const code = received.ok ? received.value : '';
    expect(JSON.stringify(await rows(vault))).not.toMatch(new RegExp(`${code}|access-0|refresh-0`));
    await vault.finishSignIn(ACTOR, PLACE, code);
    expect(JSON.stringify(await rows(vault))).not.toMatch(/access-0|refresh-0/);
  });

  test.each(['https://evil.example/token', 'holder'])(
    'is sealed about where it goes and whose it is: nothing comes of a change (%s)',
    async (change) => {
      const vault = await freshVault();
      await signIn(vault);
      await runInDurableObject(vault, (_, { storage }) => {
        const sql =
          change === 'holder'
            ? `UPDATE sign_ins SET holder = 'user:mallory', row = replace(row, '"user:alice"', '"user:mallory"')`
            : `UPDATE sign_ins SET row = replace(row, '${ISSUER}/token', '${change}')`;
        storage.sql.exec(sql);
      });
      const principal = change === 'holder' ? 'user:mallory' : USE.principal;
      const taken = await vault.useToken({ ...USE, principal });
      expect(taken).toEqual({ ok: false, error: 'unreadable' });
    },
  );

  test('can be read under either master key while it is changed, and then under the new one', async () => {
    const [a, b] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64url'));
    const under = (present = '', previous?: string) => {
      const keys = {
        SALLYPORT_MASTER_KEY: present,
        ...(previous !== undefined && { SALLYPORT_PREVIOUS_MASTER_KEY: previous }),
      };
      return new SealedJson(new WrappingKeys(keys, 'w', SIGN_IN_KEY));
    };
    const sealed = under(a).seal({ kind: 'x' }, { token: 't' });
    expect(under(b, a).open({ kind: 'x' }, sealed)).toEqual({ token: 't' });
    expect(under(b).open({ kind: 'x' }, sealed)).toBeUndefined();
    expect(under(a).open({ kind: 'y' }, sealed)).toBeUndefined();
    const vault = await freshVault();
    await signIn(vault);
    const before = JSON.stringify(await rows(vault));
    await vault.rewrap(ACTOR);
    expect(JSON.stringify(await rows(vault))).not.toBe(before);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-0' });
  });

  test('is looked for in what leaves, and anew when it has changed', async () => {
    const vault = await freshVault();
    const before = await vault.values(undefined);
    const [access_token, refresh_token] = ['at-7Qx2mV9k4LpZ', 'rt-3Wn8cJ5h6TyB'];
    stage.tokens = { ...stage.tokens, access_token, refresh_token };
    await signIn(vault);
    const after = await vault.values(before?.state);
    const { holder } = PLACE;
    expect(after?.values).toEqual([
      { name: 'sign-in.search', holder, value: access_token },
      { name: 'sign-in.search', holder, value: refresh_token },
    ]);
    await vault.endSignIn(ACTOR, PLACE);
    expect((await vault.values(after?.state))?.values).toEqual([]);
  });

  test.each(['{"path":', 'function', 'https://', 'access_token_of_alice'])(
    'is not looked for as %j: its issuer could have calls denied that hold it',
    async (access_token) => {
      const vault = await freshVault();
      stage.tokens = { access_token, token_type: 'Bearer' };
      await signIn(vault);
      expect((await vault.values(undefined))?.values).toEqual([]);
    },
  );
});

describe('the time of a sign-in', () => {
  test('is ten minutes to come back', async () => {
    const vault = await freshVault();
    const state = (await begin(vault)).get('state') ?? '';
    await pass(stage, vault, 600_000);
    expect(await vault.receiveAnswer({ state, code: 'c' })).toEqual({
      ok: false,
      error: 'unknown',
    });
    stage.now -= 1;
    expect(await vault.receiveAnswer({ state, code: 'c' })).toMatchObject({ ok: true });
  });

  test('is ten minutes to say the code; then its tokens are ended where they came from', async () => {
    const vault = await freshVault();
    const code = await comeBack(vault);
    await pass(stage, vault, 600_000);
    expect(await vault.finishSignIn(ACTOR, PLACE, code)).toEqual({ ok: false, error: 'unknown' });
    expect(await runDurableObjectAlarm(vault)).toBe(true);
    const ended = stage.toIssuer('/revoke').map(({ fields }) => fields.get('token'));
    expect(ended).toEqual(['refresh-0', 'access-0']);
    stage.now -= 600_000;
    expect(await vault.finishSignIn(ACTOR, PLACE, code)).toEqual({ ok: false, error: 'unknown' });
  });

  test('64 may be under way at once, and one that takes the place of another', async () => {
    const vault = await freshVault();
    const of = (at: number) => ({ ...ORDER, holder: `user:u-${at}` });
    for (let at = 0; at < 64; at++) await begin(vault, of(at));
    expect(await vault.beginSignIn(ACTOR, of(64))).toEqual({ ok: false, error: 'too_many' });
    expect(await vault.beginSignIn(ACTOR, of(0))).toMatchObject({ ok: true });
    await pass(stage, vault, 600_000);
    expect(await vault.beginSignIn(ACTOR, of(64))).toMatchObject({ ok: true });
  });
});

describe('the end of a sign-in', () => {
  test('does not come with the next one, which its issuer may take for the same', async () => {
    const vault = await freshVault();
    await signIn(vault);
    stage.tokens = { ...stage.tokens, access_token: 'access-1', refresh_token: 'refresh-1' };
    await signIn(vault);
    await pass(stage, vault, 0);
    expect(stage.revoked()).toEqual([]);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-1' });
  });

  test('comes to what was received and is not said yes to, with the next one', async () => {
    const vault = await freshVault();
    const code = await comeBack(vault);
    stage.tokens = { ...stage.tokens, access_token: 'access-1', refresh_token: 'refresh-1' };
    await signIn(vault);
    await eventually(() => expect(stage.revoked()).toEqual(['refresh-0', 'access-0']));
    expect(await vault.finishSignIn(ACTOR, PLACE, code)).toMatchObject({ ok: false });
  });

  test('comes with its holder’s, whatever he has signed in to; others keep theirs', async () => {
    const vault = await freshVault();
    const of = (holder: string, plugin = 'search') => ({ ...ORDER, holder, plugin });
    await signIn(vault);
    await signIn(vault, of('user:bob'));
    await comeBack(vault, of('user:alice', 'other'));
    await vault.endSignInsOf(ACTOR, { holders: ['user:alice'] });
    const left = await vault.signIns({ holders: ['user:alice', 'user:bob'] });
    expect(left.map(({ holder }) => holder)).toEqual(['user:bob']);
    await eventually(() => expect(stage.revoked()).toHaveLength(4));
  });
});
