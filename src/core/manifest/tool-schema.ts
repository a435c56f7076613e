/**
 * How a tool is written in `plugin.json`.
 *
 * @module
 */

import * as z from 'zod';
import { admitSchema } from '../checks/schema/admit-schema.ts';
import { isJsonObject, type JsonObject } from '../primitives/json.ts';
import { familyOfRequirement } from './requirement-family.ts';
import { CLIENT_INPUT, TOOL_NAME, type ToolDefinition } from './tool-definition.ts';

/** Longest description, in UTF-16 code units. */
export const MAX_DESCRIPTION_LENGTH = 2_048;

/** Most capabilities that one call may need. */
export const MAX_REQUIREMENTS = 16;

/**
 * What is shown to models and people: no control, format, private or surrogate characters but line
 * feed and tab, so that nothing in it is hidden from a reader.
 */
const VISIBLE = /^(?:[^\p{Cc}\p{Cf}\p{Co}\p{Cs}]|[\n\t])*$/u;

/** Most words of a mandate. */
export const MAX_MANDATE_WORDS = 64;

const mandateSchema = z
  .string()
  .max(64)
  .regex(
    /^[\p{L}\p{N}]+(?:[ -][\p{L}\p{N}]+)*\*?$/u,
    'must be words, with a star at most at the end',
  );

/** Names of exports as WebAssembly toolchains write them, and of tools as MCP servers do. */
const ENTRY = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

export const descriptionSchema = z
  .string()
  .min(1)
  .max(MAX_DESCRIPTION_LENGTH)
  .regex(VISIBLE, 'must hold no control or invisible characters');

/** Longest title, in UTF-16 code units. */
const MAX_TITLE_LENGTH = 128;

export const titleSchema = z
  .string()
  .min(1)
  .max(MAX_TITLE_LENGTH)
  .regex(VISIBLE, 'must hold no control or invisible characters');

/** A schema that the author wrote, admitted. */
const ownSchema = admittedSchema(() => true);

/** The arguments of a call are always an object. */
const argumentsSchema = admittedSchema(({ type }) => type === 'object');

function admittedSchema(hasType: (schema: Record<string, unknown>) => boolean) {
  return z.record(z.string(), z.unknown()).transform((schema, context): JsonObject => {
    if (!hasType(schema)) {
      context.addIssue({ code: 'custom', path: ['type'], message: 'must be "object"' });
    }
    const admitted = admitSchema(schema);
    if (admitted.ok) return admitted.value;
    for (const { pointer, detail } of admitted.error) {
      context.addIssue({ code: 'custom', path: toSteps(pointer), message: detail });
    }
    return z.NEVER;
  });
}

const requirementSchema = z
  .string()
  .refine(
    (text) => familyOfRequirement(text) !== undefined,
    'must be a capability of the catalogue, with arguments for whole segments of its resource',
  );

const annotationsSchema = z.strictObject({
  readOnlyHint: z.boolean().exactOptional(),
  destructiveHint: z.boolean().exactOptional(),
  idempotentHint: z.boolean().exactOptional(),
  openWorldHint: z.boolean().exactOptional(),
});

/** One tool by itself. How tools, capabilities and tiers go together is in `cross-check.ts`. */
export const toolSchema = z
  .strictObject({
    name: z.string().regex(TOOL_NAME, 'must match [a-z][a-z0-9_-]{0,63}'),
    title: titleSchema.exactOptional(),
    description: descriptionSchema,
    inputSchema: argumentsSchema,
    outputSchema: ownSchema.exactOptional(),
    annotations: annotationsSchema.default({}),
    requires: z.array(requirementSchema).max(MAX_REQUIREMENTS).default([]),
    mandate: z.array(mandateSchema).min(1).max(MAX_MANDATE_WORDS).exactOptional(),
    pure: z.boolean().exactOptional(),
    result: z.literal('content').exactOptional(),
    asksClient: z.boolean().exactOptional(),
    entry: z.string().regex(ENTRY, 'must be the name of an export').exactOptional(),
  })
  .superRefine(({ result, asksClient, inputSchema }, context) => {
    if (!asksClient || (result === 'content' && hasClientInput(inputSchema))) return;
    const message = `must come with "result": "content" and an optional argument "${CLIENT_INPUT}"`;
    context.addIssue({ code: 'custom', path: ['asksClient'], message });
  })
  .transform(
    (tool): ToolDefinition => ({ ...tool, entry: tool.entry ?? tool.name.replaceAll('-', '_') }),
  );

function hasClientInput({ properties, required }: JsonObject): boolean {
  const isKnown = isJsonObject(properties) && Object.hasOwn(properties, CLIENT_INPUT);
  return isKnown && !(Array.isArray(required) && required.includes(CLIENT_INPUT));
}

/** For `config`: the settings are an object, too. */
export const configSchema = argumentsSchema;

/** The members that a JSON pointer names, from the root on. */
function toSteps(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
