/**
 * What a node is sent of a call.
 *
 * @module
 */

import { send } from './connections.ts';

export interface CallOrder {
  readonly ticket: string;
  readonly argumentsText: string;
  readonly configText?: string;
  /** That only its node can open. */
  readonly sealedSecrets?: string;
}

export function sendCall(socket: WebSocket, callKey: string, order: CallOrder): void {
  const { ticket, argumentsText, configText, sealedSecrets } = order;
  send(socket, {
    ...{ kind: 'call', callKey, ticket, arguments: argumentsText },
    ...(configText !== undefined && { config: configText }),
    ...(sealedSecrets !== undefined && { secrets: sealedSecrets }),
  });
}
