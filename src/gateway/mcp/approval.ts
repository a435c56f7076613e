/**
 * A call that a human must decide, over MCP: the client is asked to come back, with a state that finds
 * the same call again. What the client answers decides nothing; the approval does.
 *
 * @module
 */

import {
  type InputRequiredResult,
  inputRequired,
  inputResponse,
} from '@modelcontextprotocol/server';
import type { JsonObject } from '../../core/primitives/json.ts';
import { type AskedCall, mintState } from './call-state.ts';
import { clientMay } from './client-capabilities.ts';
import type { McpExchange } from './mcp-request.ts';

/** Under which the client answers. */
const INPUT = 'approval';

export interface WaitingCall {
  readonly call: AskedCall;
  readonly key: string;
  readonly approvalId: string;
  readonly clientInput?: JsonObject;
}

export function describeApproval({ approvalId }: Pick<WaitingCall, 'approvalId'>): string {
  return `A human must approve this call: approval ${approvalId}`;
}

/** `undefined` if the client cannot be asked, or does not want to come back. */
export async function askForApproval(
  exchange: McpExchange,
  waiting: WaitingCall,
): Promise<InputRequiredResult | undefined> {
  const { call, key, clientInput } = waiting;
  const { context } = exchange;
  const answer = inputResponse(context.mcpReq.inputResponses, INPUT);
  const isDeclined = answer.kind === 'elicit' && answer.action !== 'accept';
  if (isDeclined || !clientMay(context, 'elicitation')) return undefined;
  return inputRequired({
    inputRequests: {
      [INPUT]: inputRequired.elicit({
        message: `${describeApproval(waiting)}. Go on once it is decided.`,
        requestedSchema: { type: 'object', properties: {} },
      }),
    },
    requestState: await mintState(exchange, call, { key, ...(clientInput && { clientInput }) }),
  });
}
