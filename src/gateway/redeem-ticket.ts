/**
 * The caller of a WebSocket or event stream that a browser opens: it cannot send a header with these,
 * so it puts a ticket into the URL. A ticket is used up by the first request that comes with it, and
 * is worth nothing in an `Authorization` header, or on any other route.
 *
 * @module
 */

import { openGovernance } from '../blocks/workspace/governance-client.ts';
import type { RequestUse } from '../core/policy/request-use.ts';
import { readTicket } from './access-token.ts';
import type { GatewayBindings } from './bindings.ts';
import type { Caller, Route } from './route.ts';

const PARAMETER = 'ticket';

export async function redeemTicket(
  env: GatewayBindings,
  request: Request,
  { takesTicket, use }: { readonly takesTicket: boolean | undefined; readonly use: RequestUse },
): Promise<Caller | undefined> {
  if (takesTicket !== true || request.headers.has('Authorization')) return undefined;
  const { searchParams, pathname } = new URL(request.url);
  const [text, ...others] = searchParams.getAll(PARAMETER);
  if (text === undefined || others.length > 0) return undefined;
  const ticket = readTicket(env.SALLYPORT_MASTER_KEY, text);
  return ticket && openGovernance(env, ticket.workspace).redeemTicket(ticket.hash, pathname, use);
}

/** The address as the route reads it: the ticket is none of its business. */
export function withoutTicket(address: string, { takesTicket }: Pick<Route, 'takesTicket'>): URL {
  const url = new URL(address);
  if (takesTicket === true) url.searchParams.delete(PARAMETER);
  return url;
}
