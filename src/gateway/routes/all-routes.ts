/**
 * Every route of the gateway. What is not in this list does not exist.
 *
 * @module
 */

import type { Route } from '../route.ts';
import { blockCheckpointRoutes } from './block-checkpoints.ts';
import { blockChildRoutes } from './block-children.ts';
import { blockMessageRoutes } from './block-messages.ts';
import { blockNameRoutes } from './block-names.ts';
import { blockRelationRoutes } from './block-relations.ts';
import { blockSendRoutes } from './block-send.ts';
import { blockRoutes } from './blocks.ts';
import { openAiRoutes } from './chat-completions.ts';
import { decisionRoutes } from './decisions.ts';
import { pluginInstallRoutes } from './plugin-install.ts';
import { pluginOperationRoutes } from './plugin-operations.ts';
import { pluginQuarantineRoutes } from './plugin-quarantine.ts';
import { pluginRoutes } from './plugins.ts';
import { withPublicRoutes } from './public.ts';
import { sessionRoutes } from './sessions.ts';
import { toolRoutes } from './tools.ts';
import { turnRoutes } from './turns.ts';
import { workspaceRoutes } from './workspaces.ts';

export const ALL_ROUTES: readonly Route[] = withPublicRoutes([
  ...openAiRoutes,
  ...sessionRoutes,
  ...turnRoutes,
  ...toolRoutes,
  ...pluginInstallRoutes,
  ...pluginRoutes,
  ...pluginQuarantineRoutes,
  ...pluginOperationRoutes,
  ...workspaceRoutes,
  ...decisionRoutes,
  ...blockRoutes,
  ...blockCheckpointRoutes,
  ...blockRelationRoutes,
  ...blockNameRoutes,
  ...blockChildRoutes,
  ...blockSendRoutes,
  ...blockMessageRoutes,
]);
