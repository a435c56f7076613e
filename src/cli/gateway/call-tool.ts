/**
 * Calls one tool through the gate, and reads what came of it.
 *
 * @module
 */

import { isJsonObject, type JsonObject } from '../../core/primitives/json.ts';
import type { CallEnd } from '../cases/match-answer.ts';
import { ask, describeRefusal, type GatewayAddress } from './gateway-client.ts';

export interface ToolCall {
  readonly tool: string;
  readonly arguments: JsonObject;
}

export interface CallReport {
  readonly end: CallEnd;
  /** As the gateway wrote it; it has one for what ended well. */
  readonly receipt?: JsonObject;
  readonly cost: JsonObject;
}

export async function callTool(gateway: GatewayAddress, call: ToolCall): Promise<CallReport> {
  const path = `/v1/tools/${encodeURIComponent(call.tool)}/call`;
  const answer = await ask(gateway, `POST ${path}`, { arguments: call.arguments });
  const { status, body } = answer;
  const cost = isJsonObject(body.cost) ? body.cost : {};
  if (status === 200 && typeof body.result === 'string') {
    const receipt = isJsonObject(body.receipt) ? { receipt: body.receipt } : {};
    return { end: { kind: 'answered', text: body.result }, cost, ...receipt };
  }
  const { check, reason } = body;
  if (typeof check === 'string' && typeof reason === 'string') {
    return { end: { kind: 'denied', check, reason }, cost };
  }
  return { end: { kind: 'refused', detail: describeRefusal(answer) }, cost };
}
