/**
 * A2A 1.0: the agent card, and the JSON-RPC binding. Agents elsewhere are principals like all others,
 * with a token of a workspace and its grants.
 *
 * @module
 */

import * as z from 'zod';
import { A2A_PATH, A2A_VERSION, toAgentCard } from '../a2a/agent-card.ts';
import { callMethod } from '../a2a/methods.ts';
import { RpcError, type RpcId, rpcEnvelope, rpcErrorResponse } from '../a2a/rpc.ts';
import { toErrorCode } from '../error-response.ts';
import { json } from '../json-response.ts';
import { logFault } from '../log-fault.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';

const agentCard = defineRoute(
  {
    method: 'GET',
    path: '/.well-known/agent-card.json',
    operation: 'readAgentCard',
    summary: 'The card by which agents elsewhere find this one (A2A 1.0)',
    tag: 'a2a',
    access: 'public',
    success: { status: 200, describes: z.looseObject({ name: z.string() }) },
  },
  async ({ raw }) => json(toAgentCard(new URL(raw.url).origin)),
);

const callA2a = defineRoute(
  {
    method: 'POST',
    path: A2A_PATH,
    operation: 'callA2a',
    summary:
      'SendMessage, SendStreamingMessage, GetTask, SubscribeToTask and CancelTask of A2A 1.0',
    tag: 'a2a',
    access: 'any-principal',
    body: z.unknown(),
    success: {
      status: 200,
      describes: z.looseObject({ jsonrpc: z.literal('2.0') }),
      also: ['stream'],
    },
    errorShape: 'json-rpc',
  },
  async (request) => {
    const envelope = rpcEnvelope.safeParse(request.body);
    if (!envelope.success) return rpcErrorResponse(null, new RpcError('invalid_request'));
    const { id, method, params } = envelope.data;
    try {
      if (!isOurVersion(request.raw)) throw new RpcError('version_not_supported');
      return await callMethod(method, { request, id, params });
    } catch (thrown) {
      if (thrown instanceof RpcError) return rpcErrorResponse(id, thrown);
      throw ofCall(id, thrown, request.requestId);
    }
  },
);

/** Clients find the call of an answer by its id, also where something broke. */
function ofCall(rpcId: RpcId, thrown: unknown, requestId: string): Refusal {
  if (thrown instanceof Refusal) return new Refusal(thrown.code, { ...thrown.facts, rpcId });
  const code = toErrorCode(thrown);
  logFault(thrown, code, requestId);
  return new Refusal(code, { rpcId });
}

/** Whoever names no version means 0.3. */
function isOurVersion({ headers }: Request): boolean {
  return headers.get('A2A-Version') === A2A_VERSION;
}

export const a2aRoutes: readonly Route[] = [agentCard, callA2a];
