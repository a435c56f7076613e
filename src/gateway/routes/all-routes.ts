/**
 * Every route of the gateway. What is not in this list does not exist.
 *
 * @module
 */

import type { Route } from '../route.ts';
import { a2aRoutes } from './a2a.ts';
import { anthropicRoutes } from './anthropic-messages.ts';
import { approvalRoutes } from './approvals.ts';
import { auditRoutes } from './audit.ts';
import { auditProofRoutes } from './audit-proofs.ts';
import { auditRetentionRoutes } from './audit-retention.ts';
import { blockChangeRoutes } from './block-changes.ts';
import { blockCheckpointRoutes } from './block-checkpoints.ts';
import { blockChildRoutes } from './block-children.ts';
import { blockConnectRoutes } from './block-connect.ts';
import { blockMessageRoutes } from './block-messages.ts';
import { blockNameRoutes } from './block-names.ts';
import { blockRelationRoutes } from './block-relations.ts';
import { blockSendRoutes } from './block-send.ts';
import { blockRoutes } from './blocks.ts';
import { budgetRoutes } from './budgets.ts';
import { channelRoutes } from './channels.ts';
import { chatRoutes } from './chat-completions.ts';
import { decisionRoutes } from './decisions.ts';
import { deploymentRoutes } from './deployment.ts';
import { embeddingRoutes } from './embeddings.ts';
import { incidentReportRoutes } from './incident-report.ts';
import { killSwitchRoutes } from './kill-switches.ts';
import { mcpRoutes } from './mcp.ts';
import { memoryRoutes } from './memory.ts';
import { modelRoutes } from './models.ts';
import { nodeRoutes } from './nodes.ts';
import { pluginInstallRoutes } from './plugin-install.ts';
import { pluginOperationRoutes } from './plugin-operations.ts';
import { pluginQuarantineRoutes } from './plugin-quarantine.ts';
import { pluginRoutes } from './plugins.ts';
import { policyDryRunRoutes } from './policy-dry-run.ts';
import { policyVersionRoutes } from './policy-versions.ts';
import { withPublicRoutes } from './public.ts';
import { responseRoutes } from './responses.ts';
import { scheduleRoutes } from './schedules.ts';
import { secretRoutes } from './secrets.ts';
import { sessionRoutes } from './sessions.ts';
import { signInCallbackRoutes } from './sign-in-callback.ts';
import { signInRoutes } from './sign-ins.ts';
import { skillRoutes } from './skills.ts';
import { tokenRotationRoutes } from './token-rotation.ts';
import { toolRoutes } from './tools.ts';
import { turnRoutes } from './turns.ts';
import { uiRoutes } from './ui-messages.ts';
import { webChatRoutes } from './web-chat.ts';
import { webhookRoutes } from './webhooks.ts';
import { workspaceRoutesAmong } from './workspaces.ts';

export const ALL_ROUTES: readonly Route[] = withPublicRoutes([
  ...chatRoutes,
  ...responseRoutes,
  ...embeddingRoutes,
  ...anthropicRoutes,
  ...uiRoutes,
  ...a2aRoutes,
  ...modelRoutes,
  ...sessionRoutes,
  ...turnRoutes,
  ...toolRoutes,
  ...skillRoutes,
  ...memoryRoutes,
  ...scheduleRoutes,
  ...channelRoutes,
  ...webhookRoutes,
  ...webChatRoutes,
  ...secretRoutes,
  ...pluginInstallRoutes,
  ...pluginRoutes,
  ...pluginQuarantineRoutes,
  ...pluginOperationRoutes,
  ...signInRoutes,
  ...signInCallbackRoutes,
  ...workspaceRoutesAmong(operations),
  ...policyVersionRoutes,
  ...policyDryRunRoutes,
  ...tokenRotationRoutes,
  ...killSwitchRoutes,
  ...incidentReportRoutes,
  ...budgetRoutes,
  ...deploymentRoutes,
  ...nodeRoutes,
  ...mcpRoutes,
  ...decisionRoutes,
  ...auditRoutes,
  ...auditProofRoutes,
  ...auditRetentionRoutes,
  ...approvalRoutes,
  ...blockRoutes,
  ...blockChangeRoutes,
  ...blockCheckpointRoutes,
  ...blockRelationRoutes,
  ...blockNameRoutes,
  ...blockChildRoutes,
  ...blockSendRoutes,
  ...blockMessageRoutes,
  ...blockConnectRoutes,
]);

function operations(): ReadonlySet<string> {
  return new Set(ALL_ROUTES.map(({ operation }) => operation));
}
