/**
 * A policy by the second word of each tool's name, for suites of which nobody has read the schemas.
 *
 * @module
 */

import type { ToolFacts } from '../suite-data.ts';
import type { SuitePolicy, ToolPolicy } from '../suite-policy.ts';

const READING = ['get', 'search', 'read', 'view', 'list', 'access', 'navigate'];

/** What does not read needs to be asked for by its verb, with arguments that are all trusted. */
export function policyByVerb(tools: readonly ToolFacts[]): SuitePolicy {
  return Object.fromEntries(tools.map((tool) => [tool.name, toPolicy(tool)]));
}

function toPolicy({ name, inputSchema }: ToolFacts): ToolPolicy {
  const verb = name.split('_')[1] ?? name;
  if (READING.includes(verb)) return { reads: true };
  const sources = Object.keys(inputSchema.properties ?? {}).map((argument) => [
    argument,
    'trusted' as const,
  ]);
  return { mandate: [`${verb}*`], sources: Object.fromEntries(sources) };
}
