/**
 * What an operator writes for a suite of tools, from their names, schemas and descriptions alone,
 * and the manifest that comes of it.
 *
 * @module
 */

import type { JsonObject } from '../../src/core/primitives/json.ts';
import type { ArgumentSource } from '../../src/core/provenance/sensitive-arguments.ts';
import type { Suite, ToolFacts } from './suite-data.ts';

export interface ToolPolicy {
  /** Reads only; absent for a tool that changes something. */
  readonly reads?: true;
  /** Words by which somebody asks for what it does. */
  readonly mandate?: readonly string[];
  /** Where its arguments must come from; those that are not named may come from anywhere. */
  readonly sources?: Readonly<Record<string, ArgumentSource>>;
  /** What it vouches for in its results; nothing if absent. */
  readonly output?: JsonObject;
}

/** A tool without an entry is not installed. */
export type SuitePolicy = Readonly<Record<string, ToolPolicy>>;

/** All that a place of a result holds was made by the system. */
export const TRUSTED: JsonObject = {
  'x-sallyport-integrity': 'trusted',
  additionalProperties: true,
};

/** It is vouched for, and says who wrote the rest of its object. */
export const AUTHOR: JsonObject = { 'x-sallyport-integrity': 'author' };

/** Anybody's, and what the arguments of the call name. */
export const REQUESTED: JsonObject = { 'x-sallyport-integrity': 'requested' };

/** An object of which these members are vouched for, all else may be an outsider's. */
export function record(...trusted: readonly string[]): JsonObject {
  return {
    properties: Object.fromEntries(trusted.map((name) => [name, TRUSTED])),
    additionalProperties: true,
  };
}

/** One such object, or a list of them. */
export function records(...trusted: readonly string[]): JsonObject {
  return { ...record(...trusted), items: record(...trusted) };
}

export function toManifest(suite: Suite, policy: SuitePolicy): JsonObject {
  return {
    name: suite.name,
    version: '1.0.0',
    kind: 'tool',
    tier: 'wasm',
    license: 'MIT',
    capabilities: [],
    wasm: { language: 'javascript' },
    config: {
      type: 'object',
      properties: { task: { type: 'string' }, attack: { type: 'string' } },
    },
    tools: suite.tools
      .filter(({ name }) => policy[name] !== undefined)
      .map((tool) => toTool(tool, policy[tool.name] ?? {})),
  };
}

function toTool({ name, description, inputSchema }: ToolFacts, policy: ToolPolicy): JsonObject {
  return {
    name,
    description,
    inputSchema: withSources(inputSchema, policy.sources ?? {}),
    ...(policy.output && { outputSchema: policy.output }),
    ...(policy.mandate && { mandate: policy.mandate }),
    annotations: policy.reads ? { readOnlyHint: true } : {},
  };
}

function withSources(schema: JsonObject, sources: NonNullable<ToolPolicy['sources']>): JsonObject {
  const properties = schema.properties as Readonly<Record<string, JsonObject>> | undefined;
  const named = Object.keys(sources).find((name) => properties?.[name] === undefined);
  if (named !== undefined) throw new Error(`Cannot find the argument "${named}" in its schema`);
  return {
    ...schema,
    properties: Object.fromEntries(
      Object.entries(properties ?? {}).map(([name, property]) => {
        const source = sources[name];
        return [
          name,
          source === undefined ? property : { ...property, 'x-sallyport-source': source },
        ];
      }),
    ),
  };
}
