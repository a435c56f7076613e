/**
 * `/v1/plugins/{name}/sign-in`: a person signs in to the remote server of a plugin. Who may, holds
 * `system:plugin:sign-in`; for tokens that the whole workspace uses, `system:secret:write` as well. No
 * plugin, block or channel sender holds either, so nothing that a model writes begins or finishes one.
 *
 * @module
 */

import * as z from 'zod';
import { type BeginProblem, SHARED, type SignInPlace } from '../../blocks/vault/sign-in-api.ts';
import { openSignIns } from '../../blocks/vault/sign-in-client.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import type { ErrorCode } from '../../core/errors/codes.ts';
import { type SignInSection, signInOf } from '../../core/manifest/sign-in-settings.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { namedActorOf } from '../actor-of.ts';
import { holds, missingGrant } from '../admit.ts';
import { SHOWN_ONCE } from '../idempotency.ts';
import { json, noContent } from '../json-response.ts';
import { presentSignIn } from '../present-sign-in.ts';
import { found, invalidBody, noSuch, Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { signInSchema } from './plugin-schema.ts';

type AnyRequest = RouteRequest<unknown, unknown>;

const PATH = '/v1/plugins/{name}/sign-in';
const facts = { tag: 'plugins', access: 'system:plugin:sign-in' } as const;

const CANNOT: Readonly<Record<BeginProblem, readonly [ErrorCode, string]>> = {
  server_unreachable: ['issuer_unavailable', 'the server must be reachable'],
  issuer_unreachable: ['issuer_unavailable', 'its authorization server must describe itself'],
  resource_unknown: ['conflict', 'the server must say who gives tokens for it (RFC 9728)'],
  other_resource: ['conflict', 'the server must speak of itself, and not of another resource'],
  other_issuer: ['conflict', 'the authorization server must be the one that is expected'],
  host_denied: [
    'conflict',
    'policy must let the workspace reach the server and who signs in for it',
  ],
  address_refused: ['conflict', 'all addresses must be public https, or exempt by policy'],
  pkce_missing: ['conflict', 'the authorization server must support PKCE with S256'],
  code_missing: ['conflict', 'the authorization server must support authorization codes'],
  client_needed: ['conflict', 'the manifest must name a client, with its secret in the vault'],
  client_refused: ['conflict', 'the authorization server must register the gateway'],
  too_many: ['limit_reached', 'there must be fewer sign-ins'],
};

const beginSignIn = defineRoute(
  {
    ...{ ...facts, method: 'POST', path: PATH, operation: 'beginSignIn' },
    summary: 'Ask where a person has to sign in, so that the plugin may use a remote server',
    success: {
      status: 201,
      describes: z.object({
        authorizationUrl: z.string(),
        issuer: z.string(),
        scope: z.string().optional(),
        expiresAt: z.number(),
      }),
    },
  },
  async (request) => {
    const { section, place, signIns, isRunning } = await about(request);
    requireShare(request, place);
    if (!isRunning) {
      throw new Refusal('conflict', { detail: 'Cannot sign in: the plugin must be running' });
    }
    const order = { ...place, server: section.url, auth: section.auth, gateway: originOf(request) };
    const begun = await signIns.beginSignIn(namedActorOf(request), order);
    if (begun.ok) return json(begun.value, 201, { [SHOWN_ONCE]: '1' });
    const [code, must] = CANNOT[begun.error];
    throw new Refusal(code, { detail: `Cannot sign in: ${must}`, reason: begun.error });
  },
);

const finishSignIn = defineRoute(
  {
    ...{ ...facts, method: 'POST', path: `${PATH}/confirm`, operation: 'finishSignIn' },
    summary: 'Put a sign-in in force by the code that the browser was shown',
    body: z.strictObject({ code: z.string().max(64) }),
    success: { status: 200, describes: signInSchema },
  },
  async (request) => {
    const { place, signIns, signsIn } = await about(request);
    requireShare(request, place);
    const actor = namedActorOf(request);
    const finished = await signIns.finishSignIn(actor, place, request.body.code);
    if (finished.ok) return json(presentSignIn(finished.value, signsIn));
    if (finished.error === 'wrong_code') {
      throw invalidBody({ pointer: '/code', detail: 'must be the code that the page shows' });
    }
    const detail = 'Cannot finish the sign-in: there must be one under way; begin anew';
    throw new Refusal('conflict', { detail });
  },
);

const readSignIn = defineRoute(
  {
    ...{ ...facts, method: 'GET', path: PATH, operation: 'readSignIn' },
    summary: 'How the sign-in does that the caller uses; never its tokens',
    success: { status: 200, describes: signInSchema },
  },
  async (request) => {
    const { place, signIns, signsIn } = await about(request);
    const all = await signIns.signIns({ holders: [place.holder] });
    const own = all.find(({ plugin }) => plugin === place.plugin);
    const { holder } = place;
    return json(own === undefined ? { holder, state: 'needed' } : presentSignIn(own, signsIn));
  },
);

const endSignIn = defineRoute(
  {
    ...{ ...facts, method: 'DELETE', path: PATH, operation: 'endSignIn' },
    summary: 'Sign out: forget the tokens, and ask the authorization server to',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const { place, signIns } = await about(request);
    requireShare(request, place);
    if (!(await signIns.endSignIn(namedActorOf(request), place))) throw noSuch('sign-in');
    return noContent();
  },
);

const listSignIns = defineRoute(
  {
    method: 'GET',
    path: '/v1/plugins/{name}/sign-ins',
    operation: 'listSignIns',
    tag: 'plugins',
    summary: 'Who has signed in to the remote server of a plugin; never with what',
    access: 'system:secret:list',
    success: { status: 200, describes: z.object({ signIns: z.array(signInSchema) }) },
  },
  async (request) => {
    const { signIns, plugin } = whereTo(request);
    const { env, caller } = request;
    const described = await openWorkspace(env, caller.principal.workspace).plugin(plugin);
    const all = await signIns.signIns({ plugin });
    // Those of a plugin that was deleted can still be looked at, and ended.
    if (described === undefined && all.length === 0) throw noSuch('plugin');
    return json({ signIns: all.map((each) => presentSignIn(each, described?.signsIn)) });
  },
);

const endSignInOf = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/plugins/{name}/sign-ins/{holder}',
    operation: 'endSignInOf',
    tag: 'plugins',
    summary: 'Sign somebody else out',
    access: 'system:secret:write',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const { signIns, plugin } = whereTo(request);
    const place = { plugin, holder: request.params.holder ?? '' };
    if (!(await signIns.endSignIn(namedActorOf(request), place))) throw noSuch('sign-in');
    return noContent();
  },
);

function whereTo({ env, caller, params }: AnyRequest) {
  const signIns = openSignIns(env, caller.principal.workspace);
  return { signIns, plugin: params.name ?? '' };
}

async function about(request: AnyRequest) {
  const { env, caller, params } = request;
  const { workspace } = caller.principal;
  const plugin = found(await openWorkspace(env, workspace).plugin(params.name ?? ''), 'plugin');
  const section = plugin.manifest && signInOf(plugin.manifest);
  if (section === undefined) {
    const detail = 'Cannot sign in: the manifest must say that people sign in to its server';
    throw new Refusal('conflict', { detail });
  }
  const place = { plugin: plugin.name, holder: holderOf(request, section) };
  const { signsIn, state } = plugin;
  const signIns = openSignIns(env, workspace);
  return { section, place, signIns, signsIn, isRunning: state === 'running' };
}

function holderOf({ caller }: AnyRequest, { auth }: SignInSection): string {
  return auth.holder === 'workspace' ? SHARED : toPrincipalName(caller.principal);
}

/** Whoever gives the workspace a token gives it a secret. */
function requireShare({ caller }: AnyRequest, { holder }: SignInPlace): void {
  const needed = 'system:secret:write';
  if (holder === SHARED && !holds(caller, needed, Date.now())) throw missingGrant(needed);
}

/** Codes come back there by the browser, so nobody else may read along. */
function originOf({ raw }: AnyRequest): string {
  const { origin, protocol, hostname } = new URL(raw.url);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'https:' || isLocal) return origin;
  const detail = 'Cannot sign in: the gateway must be asked by https, or on this machine';
  throw new Refusal('conflict', { detail });
}

export const signInRoutes: readonly Route[] = [
  beginSignIn,
  finishSignIn,
  readSignIn,
  endSignIn,
  listSignIns,
  endSignInOf,
];
