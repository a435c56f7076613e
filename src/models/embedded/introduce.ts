/**
 * What the planner says when it cannot help: what it is, what it can do, and how to ask.
 *
 * @module
 */

import type { OfferedTool } from '../../agent/ports.ts';
import { isPathProperty, isQueryProperty, isUrlProperty } from './property-purpose.ts';
import { enumOf, propertiesOf, type ToolProperty, typesOf } from './tool-properties.ts';

const WHAT_IT_IS =
  'I am embedded/planner: not a language model, but a small deterministic program inside this ' +
  'gateway. I match plain requests against the installed tools, fill in their arguments from ' +
  'your words, and report what they return.';

const MAX_TOOLS_LISTED = 20;

export function introduce(tools: readonly OfferedTool[]): string {
  if (tools.length === 0) {
    return `${WHAT_IT_IS} No tool is installed that you may use, so I can do nothing for you yet.`;
  }
  const listed = tools.slice(0, MAX_TOOLS_LISTED).map(describe).join('\n');
  const more = tools.length - MAX_TOOLS_LISTED;
  const rest = more > 0 ? `\n(and ${more} more)` : '';
  return `${WHAT_IT_IS}\n\nI found no task for a tool in your message. You can ask me for:\n${listed}${rest}`;
}

/** What the user must add for a tool that was understood. */
export function askFor(tool: OfferedTool, missing: readonly string[]): string {
  const names = missing.map((name) => `"${name}"`).join(' and ');
  return `To use ${tool.name} I need ${names}. For example: ${exampleFor(tool)}`;
}

function describe(tool: OfferedTool): string {
  return `- ${tool.name}: ${tool.description}\n  For example: ${exampleFor(tool)}`;
}

/** A request that this planner understands. */
function exampleFor(tool: OfferedTool): string {
  const required = propertiesOf(tool).filter(({ isRequired }) => isRequired);
  const values = required.map((property) => `${property.name} ${exampleValue(property)}`);
  return values.length === 0 ? `Use ${tool.name}` : `Use ${tool.name} with ${values.join(' and ')}`;
}

function exampleValue(property: ToolProperty): string {
  const [member] = enumOf(property.schema);
  if (member !== undefined) return String(member);
  const types = typesOf(property);
  if (!types.includes('string')) {
    if (types.includes('object')) return '{"key": "value"}';
    if (types.includes('array')) return '["one", "two"]';
    return types.includes('boolean') ? 'true' : '1';
  }
  if (isUrlProperty(property)) return 'https://example.com/';
  if (isPathProperty(property)) return '/data/report.txt';
  if (/json/i.test(property.name)) return '{"user": {"name": "Ada"}}';
  return isQueryProperty(property) ? '"user.name"' : '"the quick brown fox"';
}
