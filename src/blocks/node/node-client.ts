/**
 * The way to the node block of a workspace; no other file reaches one.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { NodeApi } from './node-api.ts';

type Env = Pick<BlockBindings, 'NODES'>;

export function openNodes(env: Env, workspace: WorkspaceId): NodeApi {
  const connect = (): NodeApi => env.NODES.getByName(workspaceObjectName(workspace));
  const again = <T>(call: (nodes: NodeApi) => Promise<T>): Promise<T> =>
    callAgainAfterReset(connect, call);
  return {
    fetch: (request) => connect().fetch(request),
    approve: (actor, node) => again((nodes) => nodes.approve(actor, node)),
    // Sent once: a code that was redeemed refuses its own repetition.
    enrol: (request) => connect().enrol(request),
    list: () => again((nodes) => nodes.list()),
    setCeiling: (actor, id, ceiling) => again((nodes) => nodes.setCeiling(actor, id, ceiling)),
    revoke: (actor, id) => again((nodes) => nodes.revoke(actor, id)),
    calls: (id, callKey) => again((nodes) => nodes.calls(id, callKey)),
    run: (call, onProgress) => {
      let isFirst = true;
      return again(async (nodes) => {
        // It may have been sent and forgotten: then it must not go to another node.
        const outcome = isFirst ? undefined : await nodes.recall(call.claims);
        isFirst = false;
        return outcome ? { kind: 'outcome', outcome } : await nodes.run(call, onProgress);
      });
    },
    recall: (claims) => again((nodes) => nodes.recall(claims)),
    lookAfter: (claims) => again((nodes) => nodes.lookAfter(claims)),
    authorityChanged: () => again((nodes) => nodes.authorityChanged()),
    cancel: (callKey) => again((nodes) => nodes.cancel(callKey)),
  };
}
