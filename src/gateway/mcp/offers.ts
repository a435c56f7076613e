/**
 * The prompts and resources that plugins offer, as far as the caller may call the tools that make them.
 *
 * @module
 */

import {
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import {
  type PromptOffer,
  type ResourceOffer,
  variablesOf,
} from '../../core/manifest/mcp-offers.ts';
import type { ToolDefinition } from '../../core/manifest/tool-definition.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import type { Caller } from '../route.ts';
import { mayCall, runningPlugins } from '../visible-tools.ts';
import { invalidParams, type McpExchange, type McpRequest, readAuthority } from './mcp-request.ts';
import { runTool } from './run-tool.ts';

export interface VisibleOffer<Offer> {
  readonly offer: Offer;
  readonly tool: ToolDefinition;
}

export interface VisibleOffers {
  readonly prompts: readonly VisibleOffer<PromptOffer>[];
  readonly resources: readonly VisibleOffer<ResourceOffer>[];
}

export async function readOffers(request: McpRequest): Promise<VisibleOffers> {
  return visibleOffers(await readAuthority(request), request.caller);
}

export function visibleOffers(authority: Authority | undefined, caller: Caller): VisibleOffers {
  const plugins = runningPlugins(authority);
  const visible = <Offer extends { readonly tool: string }>(
    offers: readonly Offer[] | undefined,
    tools: readonly ToolDefinition[],
  ) =>
    (offers ?? [])
      .filter(({ tool }) => mayCall(caller, tool))
      .flatMap((offer) => {
        const tool = tools.find(({ name }) => name === offer.tool);
        return tool ? [{ offer, tool }] : [];
      });
  return {
    prompts: plugins.flatMap(({ mcp, tools }) => visible(mcp?.prompts, tools)),
    resources: plugins.flatMap(({ mcp, tools }) => visible(mcp?.resources, tools)),
  };
}

/**
 * The list of that name in what the tool has made, or what it asks its client.
 *
 * @throws ProtocolError if the tool was denied, has failed, or made no such list.
 */
export async function makeOffer(
  exchange: McpExchange,
  { tool }: VisibleOffer<unknown>,
  { args, list }: { readonly args: JsonObject; readonly list: string },
): Promise<readonly JsonValue[] | InputRequiredResult> {
  const run = await runTool(exchange, { name: tool.name, arguments: args }, tool);
  if (run.kind === 'asks') return run.question;
  if (run.kind === 'failed') throw invalidParams(run.text);
  const made = run.parts?.[list];
  if (Array.isArray(made) && made.length > 0) return made;
  throw new ProtocolError(ProtocolErrorCode.InternalError, 'The tool has made nothing to show');
}

/** The values that a URI has in the place of an offer's variables; `undefined` if it is another's. */
export function matchUri({ uri }: ResourceOffer, asked: string): JsonObject | undefined {
  const names = variablesOf(uri);
  const parts = uri.split(/\{[^}]*\}/).map((part) => part.replaceAll(/[.\\+*?^$()[\]|]/g, '\\$&'));
  const found = new RegExp(`^${parts.join('([^/?#]{1,256})')}$`).exec(asked);
  if (found === null) return undefined;
  try {
    return Object.fromEntries(
      names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]),
    );
  } catch {
    return undefined;
  }
}

/** The values that the tool's schema lists for an argument. */
export function listedValues({ tool }: VisibleOffer<unknown>, argument: string): readonly string[] {
  const { properties } = tool.inputSchema;
  const schema = isJsonObject(properties) ? properties[argument] : undefined;
  const listed = isJsonObject(schema) && Array.isArray(schema.enum) ? schema.enum : [];
  return listed.filter((value) => typeof value === 'string');
}
