/**
 * The whole manifest of a plugin that calls a remote MCP server.
 *
 * @module
 */

import type { RemoteAuth, RemoteSection, RemoteTool } from '../../core/manifest/remote-section.ts';
import { MAX_DESCRIPTION_LENGTH } from '../../core/manifest/tool-schema.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { toSignInName } from '../../core/vault/sign-in-name.ts';
import { placeOf, type ReadUrl } from './place-of.ts';
import { entryOf, LOOK_ENTRY } from './write-code.ts';

/** What follows from the section, where anything does. */
export const FOLLOWING = ['tools', 'capabilities', 'config', 'wasm', 'process', 'container', 'mcp'];

/** To read an answer of 1 MiB that comes in events takes more than a call has by default. */
const LIMITS = { fuel: 300_000_000 };

/** What the author wrote of anything else stands as it is. */
export function writeManifest(
  given: JsonObject,
  remote: RemoteSection,
  readUrl: ReadUrl,
): JsonObject {
  const { url, auth, tools } = remote;
  const place = placeOf(url, readUrl);
  const tokenPlace = auth?.type === 'oauth' ? placeOf(auth.tokenUrl, readUrl) : undefined;
  const networks = [place, tokenPlace].flatMap((known) => known?.capability ?? []);
  const requires = [...new Set(networks)];
  const origin = place?.origin ?? '';
  const own = Object.fromEntries(
    Object.entries(given).filter(([name]) => !FOLLOWING.includes(name)),
  );
  return {
    kind: 'tool',
    tier: 'wasm',
    description: `Tools of the MCP server at ${origin}.`,
    ...own,
    limits: limitsOf(given),
    capabilities: [
      ...requires,
      ...(auth === undefined ? [] : [`system:secret:use:${secretOf(auth, String(given.name))}`]),
    ],
    wasm: { language: 'javascript' },
    ...(auth && {
      config: { type: 'object', properties: { token: { type: 'string', secret: true } } },
    }),
    tools: [
      ...tools.map((tool, index) => ({ ...toTool(tool), requires, entry: entryOf(index) })),
      lookTool(given.name, origin, requires),
    ],
  };
}

/** What the author has not limited; nothing else is put right, so that what is no limits is told. */
function limitsOf({ limits = {} }: JsonObject): JsonValue {
  return isJsonObject(limits) ? { ...LIMITS, ...limits } : limits;
}

/** What stands in the header on its way to the server. */
function secretOf(auth: RemoteAuth, plugin: string): string {
  if (auth.type !== 'sign-in') return auth.secret;
  return toSignInName({ plugin, holder: auth.holder ?? 'principal' });
}

function toTool({ name, title, description, inputSchema, annotations }: RemoteTool): JsonObject {
  const { title: shown, ...hints } = annotations ?? {};
  const label = title || shown;
  return {
    name: name.toLowerCase().replaceAll('.', '-'),
    ...(typeof label === 'string' && label !== '' && { title: label }),
    description: String(description || label || name).slice(0, MAX_DESCRIPTION_LENGTH),
    inputSchema,
    annotations: hints,
    result: 'content',
  };
}

/** For whoever decides what to accept: what the server offers now, in its own words. */
function lookTool(plugin: unknown, origin: string, requires: readonly string[]): JsonObject {
  return {
    name: `${String(plugin)}-look`,
    description: `List the tools that the MCP server at ${origin} defines now.`,
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    annotations: { readOnlyHint: true },
    requires,
    entry: LOOK_ENTRY,
  };
}
