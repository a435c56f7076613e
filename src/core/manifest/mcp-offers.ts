/**
 * What a plugin offers to MCP clients besides its tools: prompts and resources, each made by one of
 * its tools, so that whoever asks for one needs the capability to call that tool.
 *
 * @module
 */

import * as z from 'zod';
import { type PointerError, pointerError } from '../errors/pointer-errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import { TOOL_NAME } from './tool-definition.ts';
import { descriptionSchema, titleSchema } from './tool-schema.ts';

/** Most prompts, and most resources, of one plugin. */
const MAX_OFFERS = 64;

/** Most arguments of a prompt. */
const MAX_PROMPT_ARGUMENTS = 16;

export interface PromptArgument {
  readonly name: string;
  readonly description?: string;
  readonly required: boolean;
}

export interface PromptOffer {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  /** Each is an argument of the tool, and comes as text. */
  readonly arguments: readonly PromptArgument[];
  readonly tool: string;
}

export interface ResourceOffer {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  /** With `{name}` for each argument of the tool; each takes one part of the path. */
  readonly uri: string;
  readonly mimeType?: string;
  readonly tool: string;
}

export interface McpOffers {
  readonly prompts: readonly PromptOffer[];
  readonly resources: readonly ResourceOffer[];
}

/** The names of the arguments that a URI leaves open. */
export function variablesOf(uri: string): readonly string[] {
  return [...uri.matchAll(VARIABLE)].map(([, name = '']) => name);
}

const VARIABLE = /\{([a-z][A-Za-z0-9_]{0,63})\}/g;

/** `sallyport:` is the gateway's own. */
const URI =
  /^(?!sallyport:)[a-z][a-z0-9+.-]{0,31}:\/\/(?:[A-Za-z0-9\-._~/]|\{[a-z][A-Za-z0-9_]{0,63}\})+$/;

const MIME_TYPE = /^[a-z]+\/[A-Za-z0-9.+-]{1,127}$/;

const nameSchema = z.string().regex(TOOL_NAME, 'must match [a-z][a-z0-9_-]{0,63}');

const described = {
  name: nameSchema,
  title: titleSchema.exactOptional(),
  description: descriptionSchema,
  tool: nameSchema,
};

const promptSchema = z.strictObject({
  ...described,
  arguments: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/),
        description: descriptionSchema.exactOptional(),
        required: z.boolean().default(false),
      }),
    )
    .max(MAX_PROMPT_ARGUMENTS)
    .default([]),
});

const resourceSchema = z.strictObject({
  ...described,
  uri: z.string().max(512).regex(URI, 'must be a URI, with {name} for whole arguments'),
  mimeType: z.string().regex(MIME_TYPE, 'must be a media type').exactOptional(),
});

export const mcpOffersSchema = z.strictObject({
  prompts: z.array(promptSchema).max(MAX_OFFERS).default([]),
  resources: z.array(resourceSchema).max(MAX_OFFERS).default([]),
});

/** Each offer is made by a tool of the same manifest that takes its arguments and answers in parts. */
export function checkOffers({ mcp, tools }: JsonObject): readonly PointerError[] {
  if (!isJsonObject(mcp)) return [];
  const known = objectsOf(tools);
  const names = new Set<JsonValue | undefined>();
  return (['prompts', 'resources'] as const).flatMap((kind) =>
    objectsOf(mcp[kind]).flatMap((offer, index) => {
      const at = ['mcp', kind, index];
      const key = kind === 'prompts' ? 'name' : 'uri';
      const isTaken = names.has(offer[key]);
      names.add(offer[key]);
      return [
        ...(isTaken ? [pointerError([...at, key], 'must differ from those of the others')] : []),
        ...findToolProblems(offer, known).map((must) => pointerError([...at, 'tool'], must)),
      ];
    }),
  );
}

function findToolProblems(offer: JsonObject, tools: readonly JsonObject[]): readonly string[] {
  const tool = tools.find(({ name }) => name === offer.tool);
  if (tool === undefined) return ['must be a tool of this manifest'];
  if (tool.result !== 'content') return ['must be a tool whose "result" is "content"'];
  const given =
    typeof offer.uri === 'string'
      ? variablesOf(offer.uri)
      : objectsOf(offer.arguments).map(({ name }) => name);
  const properties = isJsonObject(tool.inputSchema) ? tool.inputSchema.properties : undefined;
  const takes = (name: JsonValue | undefined) =>
    typeof name === 'string' && isJsonObject(properties) && Object.hasOwn(properties, name);
  return given.every(takes) ? [] : ['must take the arguments of the offer'];
}

function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
