/**
 * What the handlers of one MCP request share.
 *
 * @module
 */

import { ProtocolError, ProtocolErrorCode, type ServerContext } from '@modelcontextprotocol/server';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import type { ErrorCode } from '../../core/errors/codes.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { toRpcCode } from '../client-errors.ts';
import { describeDenial } from '../error-response.ts';
import { Refusal } from '../refusal.ts';
import type { RouteRequest } from '../route.ts';

export type McpRequest = Pick<
  RouteRequest<undefined, undefined>,
  'env' | 'caller' | 'requestId' | 'raw' | 'execution'
>;

/** One request, and how its client is answered. */
export interface McpExchange {
  readonly request: McpRequest;
  readonly context: ServerContext;
}

/** What the caller's tools are now; absent while its workspace does not know it. */
export function readAuthority({ env, caller }: McpRequest): Promise<Authority | undefined> {
  const { principal } = caller;
  return openWorkspace(env, principal.workspace).authority(principal);
}

export function invalidParams(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}

/** What was refused, as JSON-RPC says it; what broke goes through as it is. */
export function toProtocolError(thrown: unknown): unknown {
  if (!(thrown instanceof Refusal)) return thrown;
  const { detail, denial } = thrown.facts;
  const code = thrown.code as ErrorCode;
  const message = describeDenial(denial) ?? detail ?? code;
  return new ProtocolError(toRpcCode(code), message, { code });
}
