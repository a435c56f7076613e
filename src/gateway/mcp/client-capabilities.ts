/**
 * What the client of a request can be asked for, as its request says. Only the newer era says so in
 * each request; a client of the older one can be asked for nothing.
 *
 * @module
 */

import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type ServerContext,
} from '@modelcontextprotocol/server';

/** The kinds of input that the protocol knows, as their capabilities are called. */
export type InputKind = 'elicitation' | 'sampling' | 'roots';

export function clientMay(context: ServerContext, kind: InputKind): boolean {
  return capabilitiesOf(context)?.[kind] !== undefined;
}

/** Whether the client belongs to the era in which one can be asked at all. */
export function canBeAsked({ mcpReq }: ServerContext): boolean {
  return mcpReq.envelope !== undefined;
}

/** The envelope was validated; its type in the package says nothing about its members. */
function capabilitiesOf({ mcpReq }: ServerContext): ClientCapabilities | undefined {
  const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
  return envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
}
