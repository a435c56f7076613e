/** Sign-ins to remote servers, where they are kept: with strangers that answer as they are told. */

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SIGN_IN_KEY, WrappingKeys } from '../../../src/blocks/vault/data-key.ts';
import { SealedJson } from '../../../src/blocks/vault/sealed-json.ts';
import type { SignInOrder, TokenRefusal } from '../../../src/blocks/vault/sign-in-api.ts';
import type { VaultBlock } from '../../../src/blocks/vault/vault-block.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { LOWEST_LABEL } from '../../../src/core/policy/labels.ts';
import { eventually } from '../../support/eventually.ts';

const { VAULTS } = env as unknown as { readonly VAULTS: DurableObjectNamespace<VaultBlock> };
let count = 0;
const freshVault = () => VAULTS.getByName(`signed-in-${++count}`);
type Vault = ReturnType<typeof freshVault>;

const ACTOR = { name: 'user:alice', requestId: 'r-1' };
const PLACE = { plugin: 'search', holder: 'user:alice' };
const SERVER = 'https://mcp.example.com/mcp';
const ISSUER = 'https://auth.example.com';
const ORDER: SignInOrder = {
  ...PLACE,
  server: SERVER,
  auth: { type: 'sign-in' },
  gateway: 'https://gate.example.com',
};
const CLAIMS: TicketClaims = {
  ...{ workspace: 'w', session: 'ses_1', callKey: 'turn_1/0/0', tier: 'wasm', tool: 't' },
  ...{ plugin: 'search', pluginVersion: '1.0.0', codeHash: '0'.repeat(64) },
  ...{ argumentHash: '0'.repeat(64), label: LOWEST_LABEL, revision: 1, epoch: 1, deadlineAt: 1 },
};
const USE = {
  ...{ name: 'sign-in.search', host: 'mcp.example.com:443', claims: CLAIMS },
  principal: 'user:alice',
};

type Handler = (fields: URLSearchParams) => Response | Promise<Response>;

let pages: Record<string, Handler>;
let asked: { readonly url: string; readonly fields: URLSearchParams }[];
let tokens: Record<string, unknown>;
let now = 0;

const page = (body: unknown, status = 200) => Response.json(body, { status });

beforeEach(() => {
  asked = [];
  tokens = { access_token: 'access-0', token_type: 'Bearer', refresh_token: 'refresh-0' };
  pages = {
    [SERVER]: () => new Response(null, { status: 401 }),
    'https://mcp.example.com/.well-known/oauth-protected-resource/mcp': () =>
      page({ resource: SERVER, authorization_servers: [ISSUER] }),
    [`${ISSUER}/.well-known/oauth-authorization-server`]: () =>
      page({
        ...{ issuer: ISSUER, authorization_endpoint: `${ISSUER}/authorize?tenant=1` },
        ...{ token_endpoint: `${ISSUER}/token`, revocation_endpoint: `${ISSUER}/revoke` },
        ...{ code_challenge_methods_supported: ['S256'], scopes_supported: ['offline_access'] },
        client_id_metadata_document_supported: true,
      }),
    [`${ISSUER}/token`]: () => page(tokens),
    [`${ISSUER}/revoke`]: () => page({}),
  };
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const { url } = new Request(input);
    const fields = new URLSearchParams(String(init?.body ?? ''));
    asked.push({ url, fields });
    return pages[url]?.(fields) ?? new Response(null, { status: 404 });
  });
  now = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());

async function begin(vault: Vault, order = ORDER): Promise<URLSearchParams> {
  const begun = await vault.beginSignIn(ACTOR, order);
  if (!begun.ok) throw new Error(begun.error);
  return new URL(begun.value.authorizationUrl).searchParams;
}

async function comeBack(vault: Vault, order = ORDER): Promise<string> {
  const state = (await begin(vault, order)).get('state') ?? '';
  const received = await vault.receiveAnswer({ state, code: 'code-0' });
  if (!received.ok) throw new Error(received.error);
  return received.value;
}

async function signIn(vault: Vault): Promise<void> {
  const finished = await vault.finishSignIn(ACTOR, PLACE, await comeBack(vault));
  expect(finished).toMatchObject({ ok: true });
}

/** The record is written by then: while it waits for long, nothing is given away. */
async function pass(vault: Vault, ms: number): Promise<void> {
  await eventually(() =>
    runInDurableObject(vault, (_, { storage }) => {
      expect(storage.sql.exec('SELECT * FROM outbox').toArray()).toEqual([]);
    }),
  );
  now += ms;
}

const toToken = (path = '/token') => asked.filter(({ url }) => url === ISSUER + path);
const stateOf = async (vault: Vault) => {
  const [own] = await vault.signIns({ holders: [PLACE.holder] });
  return own && [own.state, own.reason];
};

test('a gateway on the web is known by its document, and registers nowhere', async () => {
  const vault = freshVault();
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
  expect(toToken()[0]?.fields.get('client_id')).toBe(query.get('client_id'));
});

test('a server that greets everybody is asked for its tools, to hear what it wants', async () => {
  pages[SERVER] = (words) =>
    /initialize/.test(`${words}`)
      ? page({})
      : new Response(null, { status: 401, headers: { 'WWW-Authenticate': 'Bearer scope="a b"' } });
  expect((await begin(freshVault())).get('scope')).toBe('a b offline_access');
  expect(asked.filter(({ url }) => url === SERVER)).toHaveLength(2);
});

test('a client that was registered by hand needs its password, for the host of the issuer', async () => {
  const vault = freshVault();
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
  expect(toToken()[0]?.fields.get('client_secret')).toBeNull();
});

describe('a client that the issuer has registered', () => {
  const clients = (vault: Vault) =>
    runInDurableObject(vault, (_, { storage }) =>
      storage.sql.exec('SELECT * FROM oauth_clients').toArray(),
    );

  function registerAt(issuer: string): void {
    const told = { resource: SERVER, authorization_servers: [issuer] };
    pages['https://mcp.example.com/.well-known/oauth-protected-resource/mcp'] = () => page(told);
    pages[`${issuer}/.well-known/oauth-authorization-server`] = () =>
      page({
        ...{ issuer, authorization_endpoint: `${issuer}/authorize` },
        ...{ token_endpoint: `${issuer}/token`, registration_endpoint: `${issuer}/register` },
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['client_secret_basic'],
      });
    pages[`${issuer}/register`] = () => page({ client_id: 'c', client_secret: 'password' }, 201);
  }

  test('is put under a new master key with the tokens, so that these can be renewed', async () => {
    registerAt(ISSUER);
    const vault = freshVault();
    await signIn(vault);
    const [before] = await clients(vault);
    await vault.rewrap(ACTOR);
    const [after] = await clients(vault);
    expect(after).not.toEqual(before);
    await vault.refuseToken({ ...USE, token: 'access-0', kind: 'invalid' });
    expect(toToken()).toHaveLength(2);
    expect(await stateOf(vault)).toEqual(['signed-in', undefined]);
  });

  test('is kept for its sign-in, and not for those that were never finished', async () => {
    const vault = freshVault();
    for (const n of [1, 2, 3]) {
      registerAt(`https://auth-${n}.example.com`);
      await begin(vault);
    }
    expect(await clients(vault)).toMatchObject([{ issuer: 'https://auth-3.example.com' }]);
    await pass(vault, 600_000);
    expect(await runDurableObjectAlarm(vault)).toBe(true);
    expect(await clients(vault)).toEqual([]);
  });

  test('is registered anew where the issuer knows it no more', async () => {
    registerAt(ISSUER);
    const vault = freshVault();
    pages[`${ISSUER}/token`] = () => page({ error: 'invalid_client' }, 401);
    await expect(comeBack(vault)).rejects.toThrow('refused');
    pages[`${ISSUER}/token`] = () => page(tokens);
    await signIn(vault);
    expect(toToken('/register')).toHaveLength(2);
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
    const vault = freshVault();
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
      const vault = freshVault();
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
    const vault = freshVault();
    await signIn(vault);
    const before = JSON.stringify(await rows(vault));
    await vault.rewrap(ACTOR);
    expect(JSON.stringify(await rows(vault))).not.toBe(before);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-0' });
  });

  test('is looked for in what leaves, and anew when it has changed', async () => {
    const vault = freshVault();
    const before = await vault.values(undefined);
    await signIn(vault);
    const after = await vault.values(before?.state);
    expect(after?.values.map(({ value }) => value)).toEqual(['access-0', 'refresh-0']);
    await vault.endSignIn(ACTOR, PLACE);
    expect((await vault.values(after?.state))?.values).toEqual([]);
  });
});

describe('the time of a sign-in', () => {
  test('is ten minutes to come back', async () => {
    const vault = freshVault();
    const state = (await begin(vault)).get('state') ?? '';
    await pass(vault, 600_000);
    expect(await vault.receiveAnswer({ state, code: 'c' })).toEqual({
      ok: false,
      error: 'unknown',
    });
    now -= 1;
    expect(await vault.receiveAnswer({ state, code: 'c' })).toMatchObject({ ok: true });
  });

  test('is ten minutes to say the code; then its tokens are ended where they came from', async () => {
    const vault = freshVault();
    const code = await comeBack(vault);
    await pass(vault, 600_000);
    expect(await vault.finishSignIn(ACTOR, PLACE, code)).toEqual({ ok: false, error: 'unknown' });
    expect(await runDurableObjectAlarm(vault)).toBe(true);
    const ended = toToken('/revoke').map(({ fields }) => fields.get('token'));
    expect(ended).toEqual(['refresh-0', 'access-0']);
    now -= 600_000;
    expect(await vault.finishSignIn(ACTOR, PLACE, code)).toEqual({ ok: false, error: 'unknown' });
  });

  test('64 may be under way at once, and one that takes the place of another', async () => {
    const vault = freshVault();
    const of = (at: number) => ({ ...ORDER, holder: `user:u-${at}` });
    for (let at = 0; at < 64; at++) await begin(vault, of(at));
    expect(await vault.beginSignIn(ACTOR, of(64))).toEqual({ ok: false, error: 'too_many' });
    expect(await vault.beginSignIn(ACTOR, of(0))).toMatchObject({ ok: true });
    await pass(vault, 600_000);
    expect(await vault.beginSignIn(ACTOR, of(64))).toMatchObject({ ok: true });
  });
});

describe('useToken()', () => {
  test.each([
    ['another host', { host: 'mcp.example.com:80' }, 'secret_host'],
    ['another principal', { principal: 'user:bob' }, 'sign_in_needed'],
    ['another plugin', { claims: { ...CLAIMS, plugin: 'thief' } }, 'sign_in_needed'],
    ['what the workspace shares', { name: 'shared-sign-in.search' }, 'sign_in_needed'],
    ['another name', { name: 'search' }, 'sign_in_needed'],
  ])('gives nothing to %s', async (_, change, error) => {
    const vault = freshVault();
    await signIn(vault);
    expect(await vault.useToken({ ...USE, ...change })).toEqual({ ok: false, error });
  });

  test('renews a minute before the end, and not sooner; what it is not given anew, it keeps', async () => {
    const vault = freshVault();
    tokens = { ...tokens, expires_in: 3_600 };
    await signIn(vault);
    tokens = { access_token: 'access-1', token_type: 'Bearer', expires_in: 3_600 };
    await pass(vault, 3_539_999);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-0' });
    await pass(vault, 1);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-1' });
    await pass(vault, 3_600_000);
    tokens = { access_token: 'access-2', token_type: 'Bearer' };
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-2' });
    const shown = toToken()
      .slice(1)
      .map(({ fields }) => fields.get('refresh_token'));
    expect(shown).toEqual(['refresh-0', 'refresh-0']);
  });

  test('goes on with what is still good while the issuer cannot be reached, and no longer', async () => {
    const vault = freshVault();
    tokens = { ...tokens, expires_in: 3_600 };
    await signIn(vault);
    pages[`${ISSUER}/token`] = () => new Response(null, { status: 503 });
    await pass(vault, 3_599_999);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-0' });
    await pass(vault, 1);
    expect(await vault.useToken(USE)).toEqual({ ok: false, error: 'unreachable' });
    expect(await stateOf(vault)).toEqual(['signed-in', undefined]);
    pages[`${ISSUER}/token`] = () => page({ error: 'invalid_grant' }, 400);
    expect(await vault.useToken(USE)).toEqual({ ok: false, error: 'sign_in_needed' });
    expect(await stateOf(vault)).toEqual(['needed', 'refused']);
  });

  test('says that it is over where nothing can be renewed', async () => {
    const vault = freshVault();
    tokens = { access_token: 'access-0', token_type: 'Bearer', expires_in: 60 };
    await signIn(vault);
    await pass(vault, 59_999);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-0' });
    await pass(vault, 1);
    expect(await vault.useToken(USE)).toEqual({ ok: false, error: 'sign_in_needed' });
    expect(await stateOf(vault)).toEqual(['needed', 'expired']);
  });

  test('keeps nothing of a renewal that comes after its end', async () => {
    const vault = freshVault();
    tokens = { ...tokens, expires_in: 1 };
    await signIn(vault);
    const { promise, resolve } = Promise.withResolvers<void>();
    const isAsked = vi.fn();
    pages[`${ISSUER}/token`] = async () => {
      isAsked();
      await promise;
      return page({ ...tokens, access_token: 'access-1' });
    };
    await pass(vault, 1_000);
    const used = vault.useToken(USE);
    await eventually(() => expect(isAsked).toHaveBeenCalled());
    await vault.endSignIn(ACTOR, PLACE);
    resolve();
    expect(await used).toEqual({ ok: false, error: 'sign_in_needed' });
    expect(await vault.signIns({ plugin: 'search' })).toEqual([]);
  });
});

test('a renewal that still runs for a sign-in of before says nothing about the next one', async () => {
  const vault = freshVault();
  tokens = { ...tokens, expires_in: 1 };
  await signIn(vault);
  const { promise, resolve } = Promise.withResolvers<void>();
  const isAsked = vi.fn();
  pages[`${ISSUER}/token`] = async () => {
    isAsked();
    await promise;
    return page(tokens);
  };
  await pass(vault, 1_000);
  const used = vault.useToken(USE);
  await eventually(() => expect(isAsked).toHaveBeenCalled());
  await vault.endSignIn(ACTOR, PLACE);
  pages[`${ISSUER}/token`] = () => page(tokens);
  tokens = { ...tokens, access_token: 'access-1' };
  await signIn(vault);
  tokens = { ...tokens, access_token: 'access-2' };
  const refusal = { ...USE, token: 'access-1', kind: 'invalid' } as const;
  expect(await vault.refuseToken(refusal)).toEqual({ ok: true, value: undefined });
  resolve();
  await used;
  expect(await stateOf(vault)).toEqual(['signed-in', undefined]);
});

describe('refuseToken()', () => {
  const refusal = (token: string, change = {}): TokenRefusal => ({
    ...{ ...USE, token, kind: 'invalid' },
    ...change,
  });

  test('renews once, and takes a second refusal for the last word', async () => {
    const vault = freshVault();
    await signIn(vault);
    tokens = { ...tokens, access_token: 'access-1' };
    expect(await vault.refuseToken(refusal('access-0'))).toEqual({ ok: true, value: undefined });
    // A call that was sent with the old one finds that there is another.
    expect(await vault.refuseToken(refusal('access-0'))).toEqual({ ok: true, value: undefined });
    expect(toToken()).toHaveLength(2);
    const again = await vault.refuseToken(refusal('access-1'));
    expect(again).toEqual({ ok: false, error: 'sign_in_needed' });
    expect([toToken().length, await stateOf(vault)]).toEqual([2, ['needed', 'refused']]);
  });

  test('notes what a server wants beyond what there is, for the next sign-in', async () => {
    const vault = freshVault();
    await signIn(vault);
    const wants = { kind: 'insufficient', scope: 'files:write' };
    const heard = await vault.refuseToken(refusal('access-0', wants));
    expect(heard).toEqual({ ok: false, error: 'sign_in_needed' });
    expect(await stateOf(vault)).toEqual(['needed', 'insufficient_scope']);
    expect(await vault.useToken(USE)).toMatchObject({ ok: true });
    expect((await begin(vault)).get('scope')?.split(' ')).toContain('files:write');
  });
});
