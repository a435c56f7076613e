/**
 * Makes a plugin of a remote MCP server: its manifest, which bounds it to that one host, and its code,
 * which holds the definitions of its tools and calls none that has changed.
 *
 * @module
 */

import type { Tool } from '@modelcontextprotocol/client';
import { toResource } from '../../core/capabilities/resource.ts';
import { parseManifest } from '../../core/manifest/manifest.ts';
import { MAX_DESCRIPTION_LENGTH } from '../../core/manifest/tool-schema.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { directionsIn } from '../../plugin-review/find-directions.ts';

export interface RemoteServer {
  /** Of the plugin. */
  readonly name: string;
  readonly version: string;
  readonly url: URL;
  readonly tools: readonly Tool[];
  /** Name of the secret that is sent as a bearer token. */
  readonly secret?: string;
}

export interface RemotePlugin {
  readonly manifest: JsonObject;
  readonly source: string;
}

/** What is wrong is a list of sentences. `template` is `worker-plugins/templates/remote-mcp/plugin.js`. */
export function toRemotePlugin(
  server: RemoteServer,
  template: string,
): Result<RemotePlugin, readonly string[]> {
  const manifest = toManifest(server);
  if (manifest === undefined) return err(['The address must name a host, and hold no credentials']);
  const parsed = parseManifest(manifest);
  const problems = [
    ...server.tools.flatMap(findPoison),
    ...(parsed.ok ? [] : parsed.error.map(({ pointer, detail }) => `${pointer} ${detail}`)),
  ];
  if (problems.length > 0) return err(problems);
  const pinned = Object.fromEntries(server.tools.map((tool) => [tool.name, definitionOf(tool)]));
  const exported = server.tools.map(
    ({ name }, index) =>
      `export const ${entryOf(index)} = (args) => call(${JSON.stringify(name)}, args);`,
  );
  const filled = template.replaceAll(/__(server|pinned)__/g, (_, place) =>
    place === 'server' ? JSON.stringify(server.url.href) : canonicalJson(pinned),
  );
  return ok({ manifest, source: `${filled}${exported.join('\n')}\n` });
}

/** All of a definition that says what the tool is. */
function definitionOf(tool: Tool): JsonObject {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  const told = { name, title, description, inputSchema, outputSchema, annotations };
  // Through JSON, so that what is absent is left out.
  return JSON.parse(JSON.stringify(told));
}

/** What a model would read as an order: nobody should accept it without having seen it. */
function findPoison(tool: Tool): readonly string[] {
  return directionsIn(definitionOf(tool)).map(
    ({ name }) => `Tool "${tool.name}" must not try to direct a model (${name})`,
  );
}

function toManifest(server: RemoteServer): JsonObject | undefined {
  const { name, version, url, tools, secret } = server;
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const place = toResource('host-port', { host, port });
  if (!place.ok || url.username !== '' || url.password !== '') return undefined;
  const network = `tool:network:http:${place.value}`;
  return {
    name,
    version,
    kind: 'tool',
    tier: 'wasm',
    license: 'Apache-2.0',
    description: `Tools of the MCP server at ${url.origin}.`,
    capabilities: [network, ...(secret === undefined ? [] : [`system:secret:use:${secret}`])],
    wasm: { language: 'javascript' },
    ...(secret !== undefined && {
      config: { type: 'object', properties: { token: { type: 'string', secret: true } } },
    }),
    tools: tools.map((tool, index) => toTool(tool, index, network)),
  };
}

function toTool(tool: Tool, index: number, network: string): JsonObject {
  const { title, description, inputSchema, annotations } = definitionOf(tool);
  const { title: shown, ...hints } = (annotations ?? {}) as JsonObject;
  const label = title ?? shown;
  return {
    name: tool.name.toLowerCase().replaceAll('.', '-'),
    ...(typeof label === 'string' && { title: label }),
    description: String(description ?? label ?? tool.name).slice(0, MAX_DESCRIPTION_LENGTH),
    inputSchema: inputSchema ?? { type: 'object' },
    annotations: hints,
    requires: [network],
    result: 'content',
    entry: entryOf(index),
  };
}

function entryOf(index: number): string {
  return `tool_${index}`;
}
