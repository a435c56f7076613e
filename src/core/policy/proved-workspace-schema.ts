/**
 * How the answer of `GET /v1/workspaces/{id}/policy/export` is read again.
 *
 * @module
 */

import * as z from 'zod';
import { approvalPolicySchema } from './approval-policy.ts';
import { flowRulesSchema } from './flow-rules.ts';
import { allowListSchema, denyListSchema } from './pattern-lists.ts';
import type { ProvedWorkspace } from './prove-flow.ts';

const toolSchema = z.object({
  name: z.string(),
  requires: z.array(z.string()),
  annotations: z.object({
    readOnlyHint: z.boolean().exactOptional(),
    destructiveHint: z.boolean().exactOptional(),
    idempotentHint: z.boolean().exactOptional(),
    openWorldHint: z.boolean().exactOptional(),
  }),
});

/** A part that is missing is refused: it could be the one that matters. */
export const provedWorkspaceSchema = z.object({
  policy: z.object({
    allow: allowListSchema,
    deny: denyListSchema,
    flow: flowRulesSchema,
    approvals: approvalPolicySchema,
  }),
  plugins: z.array(
    z.object({
      name: z.string(),
      allow: allowListSchema,
      deny: denyListSchema,
      tools: z.array(toolSchema),
    }),
  ),
  principals: z.array(z.object({ name: z.string(), grants: allowListSchema })),
}) satisfies z.ZodType<ProvedWorkspace>;
