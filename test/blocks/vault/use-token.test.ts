/** Tokens of sign-ins, as running calls are given them and say that they were refused. */

import { describe, expect, test } from 'vitest';
import type { TokenRefusal } from '../../../src/blocks/vault/sign-in-api.ts';
import { eventually } from '../../support/eventually.ts';
import {
  ACTOR,
  begin,
  CLAIMS,
  freshVault,
  holdRenewal,
  ISSUER,
  PLACE,
  page,
  pass,
  setStage,
  signIn,
  stateOf,
  USE,
} from './support/sign-in-stage.ts';

const stage = setStage();

describe('useToken()', () => {
  test.each([
    ['another host', { url: 'https://mcp.example.com.example.org/mcp' }, 'secret_host'],
    ['another port', { url: 'https://mcp.example.com:8443/mcp' }, 'secret_host'],
    ['another scheme', { url: 'http://mcp.example.com:443/mcp' }, 'secret_host'],
    ['another server of the host', { url: 'https://mcp.example.com/others/mcp' }, 'secret_host'],
    ['one whose name begins so', { url: 'https://mcp.example.com/mcp2' }, 'secret_host'],
    ['one above it', { url: 'https://mcp.example.com/' }, 'secret_host'],
    ['one beside it, from within', { url: 'https://mcp.example.com/mcp/../x' }, 'secret_host'],
    ['no URL', { url: 'mcp' }, 'secret_host'],
    ['another principal', { principal: 'user:bob' }, 'sign_in_needed'],
    ['another plugin', { claims: { ...CLAIMS, plugin: 'thief' } }, 'sign_in_needed'],
    ['what the workspace shares', { name: 'shared-sign-in.search' }, 'sign_in_needed'],
    ['another name', { name: 'search' }, 'sign_in_needed'],
  ])('gives nothing to %s', async (_, change, error) => {
    const vault = await freshVault();
    await signIn(vault);
    expect(await vault.useToken({ ...USE, ...change })).toEqual({ ok: false, error });
  });

  test.each(['https://mcp.example.com/mcp/', 'https://MCP.example.com:443/mcp/tools?of=me'])(
    'gives it to what is below its resource: %s',
    async (url) => {
      const vault = await freshVault();
      await signIn(vault);
      expect(await vault.useToken({ ...USE, url })).toEqual({ ok: true, value: 'access-0' });
    },
  );

  test('renews a minute before the end, and not sooner; what it is not given anew, it keeps', async () => {
    const vault = await freshVault();
    stage.tokens = { ...stage.tokens, expires_in: 3_600 };
    await signIn(vault);
    stage.tokens = { access_token: 'access-1', token_type: 'Bearer', expires_in: 3_600 };
    await pass(stage, vault, 3_539_999);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-0' });
    await pass(stage, vault, 1);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-1' });
    await pass(stage, vault, 3_600_000);
    stage.tokens = { access_token: 'access-2', token_type: 'Bearer' };
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-2' });
    const shown = stage
      .toIssuer()
      .slice(1)
      .map(({ fields }) => fields.get('refresh_token'));
    expect(shown).toEqual(['refresh-0', 'refresh-0']);
  });

  test('goes on with what is still good while the issuer cannot be reached, and no longer', async () => {
    const vault = await freshVault();
    stage.tokens = { ...stage.tokens, expires_in: 3_600 };
    await signIn(vault);
    stage.pages[`${ISSUER}/token`] = () => new Response(null, { status: 503 });
    await pass(stage, vault, 3_599_999);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-0' });
    await pass(stage, vault, 1);
    expect(await vault.useToken(USE)).toEqual({ ok: false, error: 'unreachable' });
    expect(await stateOf(vault)).toEqual(['signed-in', undefined]);
    stage.pages[`${ISSUER}/token`] = () => page({ error: 'invalid_grant' }, 400);
    expect(await vault.useToken(USE)).toEqual({ ok: false, error: 'sign_in_needed' });
    expect(await stateOf(vault)).toEqual(['needed', 'refused']);
  });

  test('says that it is over where nothing can be renewed', async () => {
    const vault = await freshVault();
    stage.tokens = { access_token: 'access-0', token_type: 'Bearer', expires_in: 60 };
    await signIn(vault);
    await pass(stage, vault, 59_999);
    expect(await vault.useToken(USE)).toEqual({ ok: true, value: 'access-0' });
    await pass(stage, vault, 1);
    expect(await vault.useToken(USE)).toEqual({ ok: false, error: 'sign_in_needed' });
    expect(await stateOf(vault)).toEqual(['needed', 'expired']);
  });
});

describe('a renewal that still runs when its sign-in is over', () => {
  test('brings nothing: what it was given ends where it came from', async () => {
    const vault = await freshVault();
    const { used, release } = await holdRenewal(stage, vault);
    await vault.endSignIn(ACTOR, PLACE);
    release();
    expect(await used).toEqual({ ok: false, error: 'sign_in_needed' });
    expect(await vault.signIns({ plugin: 'search' })).toEqual([]);
    await eventually(() =>
      expect(stage.revoked()).toEqual(['refresh-0', 'access-0', 'late-refresh', 'late-access']),
    );
  });

  test('says nothing about the next one', async () => {
    const vault = await freshVault();
    const { used, release } = await holdRenewal(stage, vault);
    await vault.endSignIn(ACTOR, PLACE);
    stage.pages[`${ISSUER}/token`] = () => page(stage.tokens);
    stage.tokens = { ...stage.tokens, access_token: 'access-1' };
    await signIn(vault);
    stage.tokens = { ...stage.tokens, access_token: 'access-2' };
    const refusal = { ...USE, token: 'access-1', kind: 'invalid' } as const;
    expect(await vault.refuseToken(refusal)).toEqual({ ok: true, value: undefined });
    release();
    await used;
    expect(await stateOf(vault)).toEqual(['signed-in', undefined]);
  });
});

describe('refuseToken()', () => {
  const refusal = (token: string, change = {}): TokenRefusal => ({
    ...{ ...USE, token, kind: 'invalid' },
    ...change,
  });

  test('renews once, and takes a second refusal for the last word', async () => {
    const vault = await freshVault();
    await signIn(vault);
    stage.tokens = { ...stage.tokens, access_token: 'access-1' };
    expect(await vault.refuseToken(refusal('access-0'))).toEqual({ ok: true, value: undefined });
    // A call that was sent with the old one finds that there is another.
    expect(await vault.refuseToken(refusal('access-0'))).toEqual({ ok: true, value: undefined });
    expect(stage.toIssuer()).toHaveLength(2);
    const again = await vault.refuseToken(refusal('access-1'));
    expect(again).toEqual({ ok: false, error: 'sign_in_needed' });
    expect([stage.toIssuer().length, await stateOf(vault)]).toEqual([2, ['needed', 'refused']]);
  });

  test('notes what a server wants beyond what there is, for the next sign-in', async () => {
    const vault = await freshVault();
    await signIn(vault);
    const wants = { kind: 'insufficient', scope: 'files:write' };
    const heard = await vault.refuseToken(refusal('access-0', wants));
    expect(heard).toEqual({ ok: false, error: 'sign_in_needed' });
    expect(await stateOf(vault)).toEqual(['needed', 'insufficient_scope']);
    expect(await vault.useToken(USE)).toMatchObject({ ok: true });
    expect((await begin(vault)).get('scope')?.split(' ')).toContain('files:write');
  });
});
