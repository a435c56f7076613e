/**
 * A node that is there, and calls that it is sent.
 *
 * @module
 */

import { resumeCalls } from '../../../../src/blocks/node/resume-calls.ts';
import { startCall } from '../../../../src/blocks/node/run-calls.ts';
import { claimsOf, nodeOf, type TestedNodes, withNodes } from './parts.ts';

export const give = ({ parts }: TestedNodes, callKey: string) =>
  startCall(parts, {
    claims: claimsOf(callKey),
    signed: { node: 'a', ceilingVersion: 1, ticket: 'ticket' },
    argumentsText: '{}',
    secrets: [],
  });

export const stateOf = ({ parts }: TestedNodes, callKey = 'call') =>
  parts.calls.find(callKey)?.state;

/** The node is back. */
export const resume = ({ parts, socketOf }: TestedNodes) =>
  resumeCalls(parts, nodeOf('a').id, socketOf('a'));

/** The node has been sent `call`. */
export async function withCall(name: string, test: (nodes: TestedNodes) => void): Promise<void> {
  await withNodes(name, (nodes) => {
    nodes.parts.nodes.put(nodeOf('a'));
    nodes.online.add('a');
    give(nodes, 'call');
    nodes.sent.splice(0);
    test(nodes);
  });
}
