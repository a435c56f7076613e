/**
 * What comes back with a request that a client was asked to repeat: signed, so that nobody can make
 * it up or change it, and bound to its principal and to the very call that it was given for.
 *
 * @module
 */

import {
  createRequestStateCodec,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { sha256Hex } from '../../blocks/kit/keys.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { deploymentKey } from '../deployment-keys.ts';
import { invalidParams, type McpExchange, type McpRequest } from './mcp-request.ts';

/** As long as a call is found again by its key, in seconds. */
const STATE_TTL_SECONDS = 86_400;

/** Longest state, as the client holds it, in characters. */
const MAX_STATE_LENGTH = 65_536;

/** One call as the client wrote it. */
export interface AskedCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

export interface CallState {
  /** Hash of the call that it was given for. */
  readonly call: string;
  /** The idempotency key of a call that waits for its approval. */
  readonly key?: string;
  /** What such a call has heard from its client; see `client-input.ts`. */
  readonly clientInput?: JsonObject;
  /** What a tool that asks its client wants to hear again, in its own words. */
  readonly own?: string;
}

export function stateCodec({ env, caller }: McpRequest): RequestStateCodec<CallState> {
  const { workspace, kind, id, tokenId } = caller.principal;
  return createRequestStateCodec<CallState>({
    key: deploymentKey(env.SALLYPORT_MASTER_KEY, 'mcp-state'),
    ttlSeconds: STATE_TTL_SECONDS,
    bind: () => JSON.stringify([workspace, kind, id, tokenId]),
  });
}

/** @throws ProtocolError for a state that was given for another call. */
export function readState(call: AskedCall, context: ServerContext): CallState | undefined {
  const state = context.mcpReq.requestState<CallState>();
  if (state === undefined || state.call === hashOf(call)) return state;
  throw invalidParams('The state must be that of this call');
}

/** @throws ProtocolError if it would be too long. */
export async function mintState(
  { request, context }: McpExchange,
  call: AskedCall,
  state: Omit<CallState, 'call'>,
): Promise<string> {
  const text = await stateCodec(request).mint({ ...state, call: hashOf(call) }, context);
  if (text.length <= MAX_STATE_LENGTH) return text;
  throw invalidParams('What the client answers is too long');
}

export function hashOf({ name, arguments: args }: AskedCall): string {
  return sha256Hex(canonicalJson([name, args]));
}
