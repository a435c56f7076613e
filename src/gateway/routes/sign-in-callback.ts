/**
 * `/v1/sign-ins`: where the browser comes back to from the authorization server of a remote server, and
 * what that may know of the gateway as its client. Nothing here needs a credential: the state is one, for
 * one time.
 *
 * @module
 */

import * as z from 'zod';
import { keyedHash } from '../../blocks/kit/keys.ts';
import { openSignIns } from '../../blocks/vault/sign-in-client.ts';
import {
  CALLBACK_PATH,
  CLIENT_DOCUMENT_PATH,
  toClientDocument,
} from '../../core/remote-sign-in/client.ts';
import { readState } from '../../core/remote-sign-in/state.ts';
import { json } from '../json-response.ts';
import { logFault } from '../log-fault.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { failedPage, signedInPage } from '../sign-in-page.ts';

const MAX_CODE_CHARS = 4_096;
const MAX_ISSUER_CHARS = 2_048;

const answerSignIn = defineRoute(
  {
    method: 'GET',
    path: CALLBACK_PATH,
    operation: 'answerSignIn',
    summary: 'A browser comes back from signing in to a remote server',
    tag: 'plugins',
    access: 'public',
    success: { status: 200, describes: 'html' },
  },
  async (request) => {
    const code = await receive(request).catch((fault: unknown) => {
      logFault(fault, 'internal', request.requestId);
      return undefined;
    });
    return code === undefined ? failedPage() : signedInPage(code);
  },
);

/** The same page for whatever is wrong: who may know more finds it on the record. */
async function receive({ env, raw }: RouteRequest<unknown, unknown>): Promise<string | undefined> {
  const query = new URL(raw.url).searchParams;
  const one = (name: string) => (query.getAll(name).length === 1 ? query.get(name) : null);
  const isTwice = [...query.keys()].some((name) => query.getAll(name).length > 1);
  const state = one('state') ?? '';
  const workspace = readState(state, keyedHash(env.SALLYPORT_MASTER_KEY, 'sign-in-state'));
  const code = query.has('error') ? null : one('code');
  const iss = one('iss');
  if (workspace === undefined || isTwice) return undefined;
  if ((code?.length ?? 0) > MAX_CODE_CHARS || (iss?.length ?? 0) > MAX_ISSUER_CHARS) {
    return undefined;
  }
  const received = await openSignIns(env, workspace).receiveAnswer({
    state,
    ...(code !== null && { code }),
    ...(iss !== null && { iss }),
  });
  return received.ok ? received.value : undefined;
}

const readClientDocument = defineRoute(
  {
    method: 'GET',
    path: CLIENT_DOCUMENT_PATH,
    operation: 'readClientDocument',
    summary: 'What authorization servers may know of the gateway as their client',
    tag: 'plugins',
    access: 'public',
    success: { status: 200, describes: z.record(z.string(), z.unknown()) },
  },
  async ({ raw }) => json(toClientDocument(new URL(raw.url).origin)),
);

export const signInCallbackRoutes: readonly Route[] = [answerSignIn, readClientDocument];
