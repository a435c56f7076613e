/**
 * The plugin by which models remember: part of the registry of every workspace whose policy lets it.
 *
 * @module
 */

import { type CapabilityPattern, parsePattern } from '../capabilities/pattern.ts';
import { FORGET, RECALL, REMEMBER, SEARCH } from '../manifest/built-in-tools.ts';
import { ownToolPattern } from '../manifest/own-tool.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import type { JsonObject } from '../primitives/json.ts';
import { MEMORY_LIMITS } from './memory.ts';

const text = (maxLength: number, description: string): JsonObject => ({
  ...{ type: 'string', minLength: 1, maxLength, description },
});

const toInput = (properties: JsonObject, required: readonly string[]): JsonObject => ({
  ...{ type: 'object', properties, required: [...required], additionalProperties: false },
});

const TOOLS: readonly ToolDefinition[] = [
  {
    name: REMEMBER,
    description:
      'Remembers something about the user for later conversations: a note, or a fact where subject ' +
      'and predicate are given. A newer fact about the same takes the place of an older one.',
    inputSchema: {
      ...toInput(
        {
          text: text(MEMORY_LIMITS.text, 'The note, or the object of the fact'),
          subject: text(MEMORY_LIMITS.name, 'What the fact is about'),
          predicate: text(MEMORY_LIMITS.name, 'What of it the fact says'),
        },
        ['text'],
      ),
      dependentRequired: { subject: ['predicate'], predicate: ['subject'] },
    },
    annotations: { destructiveHint: false, idempotentHint: true, openWorldHint: false },
    requires: ['storage:memory:write'],
    entry: 'remember',
  },
  {
    name: RECALL,
    description: 'Finds what was remembered in earlier conversations with the user, by its words.',
    inputSchema: toInput(
      {
        query: text(MEMORY_LIMITS.query, 'Words to look for'),
        limit: { type: 'integer', minimum: 1, maximum: MEMORY_LIMITS.recalled },
        trustedOnly: {
          type: 'boolean',
          description: 'Leaves out whatever outsiders may have shaped',
        },
      },
      ['query'],
    ),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    requires: ['storage:memory:read'],
    entry: 'recall',
  },
  {
    name: FORGET,
    description: 'Forgets one thing that was remembered, by the id that it was recalled with.',
    inputSchema: toInput({ id: text(64, 'As recalled') }, ['id']),
    annotations: { destructiveHint: true, idempotentHint: true, openWorldHint: false },
    requires: ['storage:memory:write'],
    entry: 'forget',
  },
  {
    name: SEARCH,
    description:
      'Finds messages of this conversation by their words, however old they are: also those that are ' +
      'shown only as a summary any more.',
    inputSchema: toInput(
      {
        query: text(MEMORY_LIMITS.query, 'Words to look for'),
        limit: { type: 'integer', minimum: 1, maximum: MEMORY_LIMITS.recalled },
      },
      ['query'],
    ),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    requires: ['storage:memory:read'],
    entry: 'search',
  },
];

/** `codeHash` stands for the gateway's own code, which has no address. */
export const MEMORY_PLUGIN: RegisteredPlugin = {
  name: 'sallyport.memory',
  version: '1.1.0',
  codeHash: '0'.repeat(64),
  tier: 'built-in',
  state: 'running',
  allow: [
    ...TOOLS.flatMap(({ name }) => ownToolPattern(name) ?? []),
    ...['storage:memory:read', 'storage:memory:write'].flatMap(toPattern),
  ],
  deny: [],
  tools: TOOLS,
};

function toPattern(written: string): readonly CapabilityPattern[] {
  const pattern = parsePattern(written);
  return pattern.ok ? [pattern.value] : [];
}
