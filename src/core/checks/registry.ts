/**
 * Check 3: the tool exists under exactly this name, and its plugin runs.
 *
 * A plugin that a newer version has begun to replace still serves the turns that started with it:
 * in their snapshot it runs, and in the newest authority it drains. One that was stopped since then
 * serves nobody.
 *
 * @module
 */

import type { ProposedToolCall } from '../conversation/tool-call.ts';
import { deny } from '../errors/denial.ts';
import { findPlugin, findTool } from '../policy/authority-index.ts';
import { err, ok } from '../primitives/result.ts';
import type { Check } from './check-context.ts';
import { isLookalike } from './lookalike-name.ts';
import type { KnownTool, StructuredCall } from './structure.ts';

export interface RegisteredCall extends KnownTool {
  readonly passed: 'registry';
  readonly proposed: ProposedToolCall;
}

export const checkRegistry: Check<StructuredCall, RegisteredCall> = (call, context) => {
  const { proposed, known } = call;
  const { authority, newest } = context;
  if (known === undefined) {
    // A name that is there, and of another plugin than was meant, imitates none.
    const isThere = findTool(authority, proposed.name) !== undefined;
    const isImitation = !isThere && isLookalike(authority, proposed.name);
    return err(deny('registry', isImitation ? 'lookalike_name' : 'unknown_tool'));
  }
  const isStopped =
    newest !== undefined && findPlugin(newest, known.plugin.name, known.plugin) === undefined;
  if (known.plugin.state !== 'running' || isStopped) {
    return err(deny('registry', 'plugin_not_running'));
  }
  return ok({ ...known, passed: 'registry', proposed });
};
