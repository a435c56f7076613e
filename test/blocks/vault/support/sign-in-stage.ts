/**
 * A vault among strangers that answer as they are told: a remote server, its issuer, and the time of day.
 *
 * @module
 */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { BlockBindings } from '../../../../src/blocks/kit/bindings.ts';
import type { SignInOrder } from '../../../../src/blocks/vault/sign-in-api.ts';
import type { VaultBlock } from '../../../../src/blocks/vault/vault-block.ts';
import type { TicketClaims } from '../../../../src/core/executor-protocol/ticket.ts';
import { LOWEST_LABEL } from '../../../../src/core/policy/labels.ts';
import type { Principal } from '../../../../src/core/policy/principal.ts';
import { parseWorkspaceId } from '../../../../src/core/primitives/ids.ts';
import { eventually } from '../../../support/eventually.ts';

export const ACTOR = { name: 'user:alice', requestId: 'r-1' };
export const PLACE = { plugin: 'search', holder: 'user:alice' };
export const SERVER = 'https://mcp.example.com/mcp';
export const ISSUER = 'https://auth.example.com';
export const ORDER: SignInOrder = {
  ...PLACE,
  server: SERVER,
  auth: { type: 'sign-in' },
  gateway: 'https://gate.example.com',
};
export const CLAIMS: TicketClaims = {
  ...{ workspace: 'w', session: 'ses_1', callKey: 'turn_1/0/0', tier: 'wasm', tool: 't' },
  ...{ plugin: 'search', pluginVersion: '1.0.0', codeHash: '0'.repeat(64) },
  ...{ argumentHash: '0'.repeat(64), label: LOWEST_LABEL, revision: 1, epoch: 1, deadlineAt: 1 },
};
export const USE = {
  ...{ name: 'sign-in.search', host: 'mcp.example.com:443', claims: CLAIMS },
  ...{ principal: 'user:alice', url: SERVER },
};

type Handler = (fields: URLSearchParams) => Response | Promise<Response>;

export const page = (body: unknown, status = 200) => Response.json(body, { status });

const { WORKSPACES } = env as unknown as BlockBindings;
const { VAULTS } = env as unknown as { readonly VAULTS: DurableObjectNamespace<VaultBlock> };
export type Vault = DurableObjectStub<VaultBlock>;

let count = 0;

/** Of a workspace whose policy allows what a fresh one does. */
export async function freshVault(): Promise<Vault> {
  const name = `signed-in-${++count}`;
  const workspace = parseWorkspaceId(name);
  if (workspace === undefined) throw new Error(`not a workspace id: ${name}`);
  const principal: Principal = { kind: 'user', id: 'root', workspace, tokenId: 'root' };
  await WORKSPACES.getByName(name).found({ principal, requestId: 'r-0' });
  return VAULTS.getByName(name);
}

/** What the strangers answer and were asked, and what the clock says; as new for each test. */
export function setStage() {
  const stage = {
    pages: {} as Record<string, Handler>,
    asked: [] as { readonly url: string; readonly fields: URLSearchParams }[],
    tokens: {} as Record<string, unknown>,
    now: 0,
    /** Requests to that place of the issuer. */
    toIssuer: (path = '/token') => stage.asked.filter(({ url }) => url === ISSUER + path),
    /** Tokens that the issuer was told to forget. */
    revoked: () => stage.toIssuer('/revoke').map(({ fields }) => fields.get('token')),
  };
  beforeEach(() => {
    stage.asked = [];
    stage.tokens = { access_token: 'access-0', token_type: 'Bearer', refresh_token: 'refresh-0' };
    stage.pages = pagesOf(() => page(stage.tokens));
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const { url } = new Request(input);
      const fields = new URLSearchParams(String(init?.body ?? ''));
      stage.asked.push({ url, fields });
      return stage.pages[url]?.(fields) ?? new Response(null, { status: 404 });
    });
    stage.now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => stage.now);
  });
  afterEach(() => vi.restoreAllMocks());
  return stage;
}

export type Stage = ReturnType<typeof setStage>;

function pagesOf(giveTokens: Handler): Record<string, Handler> {
  return {
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
    [`${ISSUER}/token`]: giveTokens,
    [`${ISSUER}/revoke`]: () => page({}),
  };
}

export async function begin(vault: Vault, order = ORDER): Promise<URLSearchParams> {
  const begun = await vault.beginSignIn(ACTOR, order);
  if (!begun.ok) throw new Error(begun.error);
  return new URL(begun.value.authorizationUrl).searchParams;
}

export async function comeBack(vault: Vault, order = ORDER): Promise<string> {
  const state = (await begin(vault, order)).get('state') ?? '';
  const received = await vault.receiveAnswer({ state, code: 'code-0' });
  if (!received.ok) throw new Error(received.error);
  return received.value;
}

export async function signIn(vault: Vault, order = ORDER): Promise<void> {
  const finished = await vault.finishSignIn(ACTOR, order, await comeBack(vault, order));
  expect(finished).toMatchObject({ ok: true });
}

/** The record is written by then: while it waits for long, nothing is given away. */
export async function pass(stage: Stage, vault: Vault, ms: number): Promise<void> {
  await eventually(() =>
    runInDurableObject(vault, (_, { storage }) => {
      expect(storage.sql.exec('SELECT * FROM outbox').toArray()).toEqual([]);
    }),
  );
  stage.now += ms;
}

/** Signed in with a token that is over: the call's renewal is with the issuer until it is released. */
export async function holdRenewal(stage: Stage, vault: Vault) {
  stage.tokens = { ...stage.tokens, expires_in: 1 };
  await signIn(vault);
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const isAsked = vi.fn();
  stage.pages[`${ISSUER}/token`] = async () => {
    isAsked();
    await promise;
    return page({ ...stage.tokens, access_token: 'late-access', refresh_token: 'late-refresh' });
  };
  await pass(stage, vault, 1_000);
  const used = vault.useToken(USE);
  await eventually(() => expect(isAsked).toHaveBeenCalled());
  return { used, release };
}

export async function stateOf(vault: Vault) {
  const [own] = await vault.signIns({ holders: [PLACE.holder] });
  return own && [own.state, own.reason];
}
