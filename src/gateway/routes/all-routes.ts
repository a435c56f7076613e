/**
 * Every route of the gateway. What is not in this list does not exist.
 *
 * @module
 */

import type { Route } from '../route.ts';
import { openAiRoutes } from './chat-completions.ts';
import { decisionRoutes } from './decisions.ts';
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
  ...pluginRoutes,
  ...workspaceRoutes,
  ...decisionRoutes,
]);
