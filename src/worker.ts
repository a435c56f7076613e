/**
 * The Worker: its fetch handler and the classes behind its bindings. Wiring only.
 *
 * @module
 */

import { SessionBlock as SessionObject } from './blocks/session/session-block.ts';
import { createApp } from './gateway/app.ts';
import type { GatewayBindings } from './gateway/bindings.ts';
import { ALL_ROUTES } from './gateway/routes/all-routes.ts';
import { hostTurn } from './gateway/turn-runner.ts';

export { ApprovalsBlock } from './blocks/approvals/approvals-block.ts';
export { AuditBlock } from './blocks/audit/audit-block.ts';
export { ChannelBlock } from './blocks/channel/channel-block.ts';
export { DirectoryBlock } from './blocks/directory/directory-block.ts';
export { MemoryBlock } from './blocks/memory/memory-block.ts';
export { NodeBlock } from './blocks/node/node-block.ts';
export { ScheduleBlock } from './blocks/schedule/schedule-block.ts';
export { SessionIndexBlock } from './blocks/session-index/session-index-block.ts';
export { StorageBlock } from './blocks/storage/storage-block.ts';
export { UserBlock } from './blocks/user/user-block.ts';
export { VaultBlock } from './blocks/vault/vault-block.ts';
export { WorkspaceBlock } from './blocks/workspace/workspace-block.ts';
export { Summariser } from './gateway/summariser.ts';
export { TurnRunner } from './gateway/turn-runner.ts';
export { WasmLane } from './tiers/wasm/wasm-lane.ts';

/** The sessions of this Worker, with its loop inside. */
export class SessionBlock extends SessionObject {
  constructor(ctx: DurableObjectState, env: GatewayBindings) {
    super(ctx, env, (turn, session) => hostTurn({ ctx, env }, turn, session));
  }
}

export default createApp(ALL_ROUTES);
