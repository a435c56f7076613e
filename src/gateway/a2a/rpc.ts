/**
 * JSON-RPC as A2A 1.0 uses it: the envelope, its errors, and what the methods take.
 *
 * @module
 */

import * as z from 'zod';
import { json } from '../json-response.ts';

const rpcId = z.union([z.string().max(256), z.number(), z.null()]);

export const rpcEnvelope = z.object({
  jsonrpc: z.literal('2.0'),
  id: rpcId,
  method: z.string().max(64),
  params: z.record(z.string(), z.unknown()).optional(),
});

export type RpcId = z.infer<typeof rpcId>;

/** Parts other than text are told apart, so that they can be refused by their own code. */
const part = z.looseObject({ text: z.string().optional() });

export const sendParams = z.looseObject({
  message: z.looseObject({
    messageId: z.string().min(1).max(100),
    contextId: z.string().max(128).optional(),
    taskId: z.string().max(128).optional(),
    role: z.literal('ROLE_USER'),
    parts: z.array(part).min(1).max(1_000),
  }),
  configuration: z
    .looseObject({
      returnImmediately: z.boolean().optional(),
      taskPushNotificationConfig: z.unknown().optional(),
    })
    .optional(),
  metadata: z.looseObject({}).optional(),
});

export const taskParams = z.looseObject({ id: z.string().max(128) });

const RPC_ERRORS = {
  invalid_request: { code: -32_600, message: 'The request must be one of JSON-RPC 2.0' },
  unknown_method: { code: -32_601, message: 'There is no such method' },
  invalid_params: { code: -32_602, message: 'The parameters must match the method' },
  task_not_found: { code: -32_001, message: 'There is no such task' },
  task_not_cancelable: { code: -32_002, message: 'The task has ended' },
  push_not_supported: { code: -32_003, message: 'Push notifications are not sent' },
  takes_no_message: { code: -32_004, message: 'A task takes no further messages' },
  task_over: { code: -32_004, message: 'The task has ended: GetTask reads it' },
  no_extended_card: { code: -32_004, message: 'There is no extended agent card' },
  content_type_not_supported: { code: -32_005, message: 'Parts must be text' },
  version_not_supported: { code: -32_009, message: 'The version must be 1.0' },
} as const;

/** A refusal in the words of the protocol; any other says in `data` what a problem document says. */
export class RpcError extends Error {
  readonly reason: keyof typeof RPC_ERRORS;

  constructor(reason: keyof typeof RPC_ERRORS) {
    super(RPC_ERRORS[reason].message);
    this.reason = reason;
  }
}

export function rpcResult(id: RpcId, result: object): object {
  return { jsonrpc: '2.0', id, result };
}

export function rpcErrorResponse(id: RpcId, { reason }: RpcError): Response {
  return json({ jsonrpc: '2.0', id, error: RPC_ERRORS[reason] });
}
