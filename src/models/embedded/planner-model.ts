/**
 * `embedded/planner`: does real work without a key, by rules instead of a language model.
 *
 * It calls the tools that the user's words ask for, once each, and then reports what came back. It
 * is deterministic, and honest about what it is whenever it finds nothing to do.
 *
 * @module
 */

import type { ModelPort, ModelRequest, OfferedTool } from '../../agent/ports.ts';
import { createEmbeddedModel, type EmbeddedReply } from './embedded-reply.ts';
import { askFor, introduce } from './introduce.ts';
import { type PlannedStep, planCalls } from './plan-calls.ts';
import { renderResult } from './render-result.ts';

export const plannerModel: ModelPort = createEmbeddedModel(reply);

function reply(request: ModelRequest): EmbeddedReply {
  const steps = planCalls(request.messages, toolsOf(request));
  const open = steps.flatMap((step) => (step.kind === 'call' && !step.result ? [step] : []));
  if (open.length > 0 && request.toolChoice !== 'none') {
    const round = request.messages.filter(({ role }) => role === 'assistant').length;
    const calls = open.map((step, index) => ({
      id: `call_${round}_${index}`,
      name: step.tool.name,
      argumentsText: JSON.stringify(step.arguments),
    }));
    return { text: '', calls };
  }
  if (steps.length === 0) return { text: introduce(request.tools), calls: [] };
  return { text: steps.map(report).join('\n'), calls: [] };
}

/** The one that must be called, where there is such a one. */
function toolsOf({ tools, toolChoice }: ModelRequest): readonly OfferedTool[] {
  if (typeof toolChoice === 'string') return tools;
  return tools.filter(({ name }) => name === toolChoice.tool);
}

function report(step: PlannedStep): string {
  const { name } = step.tool;
  if (step.kind === 'incomplete') return askFor(step.tool, step.missing);
  if (step.kind === 'waiting') return `${name} was not run: the step before it gave no result.`;
  if (step.result === undefined)
    return `${name} was not run: no more calls are allowed in this turn.`;
  return step.result.isError
    ? `${name} gave no result. ${step.result.content}`
    : `${name} says: ${renderResult(step.result.content)}`;
}
