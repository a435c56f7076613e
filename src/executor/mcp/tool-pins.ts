/**
 * The definitions of a server's tools, pinned by hash: what a person agreed to when he installed
 * the plugin is what a model is told, and what is called.
 *
 * @module
 */

import type { Tool } from '@modelcontextprotocol/client';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import { sha256Text } from '../sha256.ts';

/** By the name that the server gives it: all of a definition that says what the tool is. */
export function pinOf({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
}: Tool): string {
  const told = { name, title, description, inputSchema, outputSchema, annotations };
  // Through JSON, so that what is absent is left out.
  const plain: JsonValue = JSON.parse(JSON.stringify(told));
  return sha256Text(canonicalJson(plain));
}

/** Whether the tool of that name is as it was pinned. */
export function isPinned(
  { name, pin }: { readonly name: string; readonly pin: string },
  definitions: Readonly<Record<string, string>>,
): boolean {
  return Object.hasOwn(definitions, name) && definitions[name] === pin;
}
