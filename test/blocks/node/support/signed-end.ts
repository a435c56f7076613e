/** Ends of calls, as a node signs them. */

import { generateKeyPairSync, sign } from 'node:crypto';
import { sha256Hex } from '../../../../src/blocks/kit/keys.ts';
import {
  type ExecutorReceipt,
  RECEIPT_CONTEXT,
  receiptText,
} from '../../../../src/core/executor-protocol/executor-receipt.ts';
import { HASH } from './parts.ts';

const NODE_KEY = generateKeyPairSync('ed25519');
/** Of the node `a`. */
export const publicKey = NODE_KEY.publicKey.export({ format: 'jwk' }).x ?? '';

/** It has written `ran`. */
export function endOf(callKey: string, change: Partial<ExecutorReceipt> = {}) {
  const receipt = receiptText({
    ...{ node: 'a', callKey, ticketHash: 'f'.repeat(64), codeHash: HASH, argumentHash: HASH },
    ...{ outputHash: sha256Hex('ran'), outcome: 'ok', durationMs: 1, outputBytes: 3 },
    ...{ truncated: false, hosts: [], hostsLeftOut: 0, refusedConnections: 0 },
    ...change,
  });
  const signed = sign(null, Buffer.from(RECEIPT_CONTEXT + receipt), NODE_KEY.privateKey);
  const signature = signed.toString('base64url');
  return { kind: 'done', callKey, receipt, signature, output: 'ran' } as const;
}
