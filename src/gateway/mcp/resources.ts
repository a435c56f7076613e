/**
 * What a caller may read over MCP: what it says in a session, the record, what
 * plugins are, and what plugins offer.
 *
 * @module
 */

import {
  type BlobResourceContents,
  type InputRequiredResult,
  isSpecType,
  type ListResourcesRequest,
  type ListResourcesResult,
  type ListResourceTemplatesRequest,
  type ListResourceTemplatesResult,
  type ReadResourceRequest,
  type ReadResourceResult,
  ResourceNotFoundError,
  type ServerContext,
  type TextResourceContents,
} from '@modelcontextprotocol/server';
import { openAudit } from '../../blocks/audit/audit-client.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { type ResourceOffer, variablesOf } from '../../core/manifest/mcp-offers.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { admit, holds } from '../admit.ts';
import { findSession } from '../open-session.ts';
import { found } from '../refusal.ts';
import type { Route } from '../route.ts';
import type { McpRequest } from './mcp-request.ts';
import { makeOffer, matchUri, readOffers } from './offers.ts';
import { toPage } from './page.ts';

const MIME_TYPE = 'application/json';

/** Most messages or records of one reading. */
const MAX_ROWS = 500;

interface Readable {
  readonly name: string;
  readonly description: string;
  readonly uriTemplate: string;
  readonly pattern: RegExp;
  readonly access: Route['access'];
  /** `undefined` if there is nothing of that name. */
  readonly read: (request: McpRequest, given: readonly string[]) => Promise<unknown>;
}

const READABLES: readonly Readable[] = [
  {
    name: 'session-messages',
    description: 'The messages of a session, after a number',
    uriTemplate: 'sallyport://sessions/{id}/messages/{after}',
    pattern: /^sallyport:\/\/sessions\/([\w-]{1,128})\/messages\/(\d{1,9})$/,
    access: 'session:read',
    read: (request, [id = '', after]) =>
      found(findSession(request, id), 'session').messages(Number(after), MAX_ROWS),
  },
  {
    name: 'audit-records',
    description: 'Records of the audit chain, after a number',
    uriTemplate: 'sallyport://audit/{after}',
    pattern: /^sallyport:\/\/audit\/(\d{1,15})$/,
    access: 'system:audit:read',
    read: ({ env, caller }, [after]) =>
      openAudit(env, caller.principal.workspace).query({ after: Number(after), limit: MAX_ROWS }),
  },
  {
    name: 'plugin',
    description: 'What a plugin declares, and its state',
    uriTemplate: 'sallyport://plugins/{name}',
    pattern: /^sallyport:\/\/plugins\/([a-z][a-z0-9-]{0,63})$/,
    access: 'system:plugin:list',
    read: ({ env, caller }, [name = '']) =>
      openWorkspace(env, caller.principal.workspace).plugin(name),
  },
];

/** Whatever else there is, is asked for by its template. */
export async function listResources(
  request: McpRequest,
  { params }: ListResourcesRequest,
): Promise<ListResourcesResult> {
  const [plugins, { resources: offered }] = await Promise.all([
    listPluginResources(request),
    readOffers(request),
  ]);
  const fixed = offered.map(({ offer }) => offer).filter(({ uri }) => !isTemplate(uri));
  const all = [...plugins, ...fixed.map((offer) => ({ ...toShown(offer), uri: offer.uri }))];
  const { items, ...next } = toPage(all, ({ uri }) => uri, params?.cursor);
  return { resources: items, ...next };
}

async function listPluginResources({ env, caller }: McpRequest) {
  const mayList = holds(caller, 'system:plugin:list', Date.now());
  const plugins = mayList ? await openWorkspace(env, caller.principal.workspace).listPlugins() : [];
  return plugins.map(({ name, version, state }) => ({
    uri: `sallyport://plugins/${name}`,
    name,
    description: `Plugin ${name} ${version}, ${state}`,
    mimeType: MIME_TYPE,
  }));
}

export async function listResourceTemplates(
  request: McpRequest,
  { params }: ListResourceTemplatesRequest,
): Promise<ListResourceTemplatesResult> {
  const { resources } = await readOffers(request);
  const offered = resources.map(({ offer }) => offer).filter(({ uri }) => isTemplate(uri));
  const own = READABLES.map(({ name, description, uriTemplate }) => ({
    ...{ name, description, uriTemplate },
    mimeType: MIME_TYPE,
  }));
  const all = [...own, ...offered.map((offer) => ({ ...toShown(offer), uriTemplate: offer.uri }))];
  const { items, ...next } = toPage(all, ({ uriTemplate }) => uriTemplate, params?.cursor);
  return { resourceTemplates: items, ...next };
}

function isTemplate(uri: string): boolean {
  return variablesOf(uri).length > 0;
}

function toShown({ name, title, description, mimeType }: ResourceOffer) {
  return {
    ...{ name, description },
    ...(title !== undefined && { title }),
    ...(mimeType !== undefined && { mimeType }),
  };
}

/** @throws Refusal if the caller may not read it; ResourceNotFoundError if it is not there. */
export async function readResource(
  request: McpRequest,
  { params: { uri } }: ReadResourceRequest,
  context: ServerContext,
): Promise<ReadResourceResult | InputRequiredResult> {
  if (!uri.startsWith('sallyport:')) return readOffered(request, uri, context);
  for (const { name, pattern, access, read } of READABLES) {
    const given = pattern.exec(uri);
    if (given === null) continue;
    await admit({ access, operation: `mcp:${name}` }, request.caller, request);
    const value = await read(request, given.slice(1));
    if (value === undefined) break;
    return { contents: [{ uri, mimeType: MIME_TYPE, text: JSON.stringify(value) }] };
  }
  throw new ResourceNotFoundError(uri);
}

/** What is named as it is goes before what only a template fits. */
async function readOffered(
  request: McpRequest,
  uri: string,
  context: ServerContext,
): Promise<ReadResourceResult | InputRequiredResult> {
  const { resources } = await readOffers(request);
  const byName = resources.filter(({ offer }) => offer.uri === uri);
  for (const found of [...byName, ...resources]) {
    const args = matchUri(found.offer, uri);
    if (args === undefined) continue;
    const made = await makeOffer({ request, context }, found, { args, list: 'contents' });
    if ('resultType' in made) return made;
    const { mimeType } = found.offer;
    const contents: readonly unknown[] = made.map((one) => ({
      ...(mimeType && { mimeType }),
      ...toObject(one),
      uri,
    }));
    return { contents: contents.filter(isContents) };
  }
  throw new ResourceNotFoundError(uri);
}

function toObject(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {};
}

function isContents(value: unknown): value is TextResourceContents | BlobResourceContents {
  return isSpecType.TextResourceContents(value) || isSpecType.BlobResourceContents(value);
}
