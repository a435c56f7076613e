/**
 * Asks a server for its tools, in a sandbox with nothing granted, so that they can be pinned.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tool } from '@modelcontextprotocol/client';
import { DEFAULT_EXECUTOR_LIMITS } from '../../core/manifest/executor-limits.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { EgressProxy } from '../egress-proxy/egress-proxy.ts';
import { openProcessTier } from '../open-tiers.ts';
import type { LocalPlugin } from '../plugin-catalogue.ts';
import { createStarter } from '../start-program.ts';
import { McpServer } from './mcp-server.ts';
import { pinOf } from './tool-pins.ts';

export interface InspectedServer {
  /** As a manifest pins them. */
  readonly definitions: Readonly<Record<string, string>>;
  readonly tools: readonly Tool[];
}

/** The error is a sentence for the operator. */
export async function inspectServer(plugin: LocalPlugin): Promise<Result<InspectedServer, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  try {
    return await inspectIn(folder, plugin);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inspectIn(
  folder: string,
  plugin: LocalPlugin,
): Promise<Result<InspectedServer, string>> {
  if (plugin.tier !== 'process')
    return err('Cannot inspect the plugin: its tier must be "process"');
  const made = await openProcessTier();
  if (!made.ok) return err(made.error.message);
  const nothing = { reads: [], writes: [], network: { allow: [], deny: [] } };
  const start = createStarter({ process: made.value }, new EgressProxy({ folder }));
  const { command } = plugin.runs;
  const limits = DEFAULT_EXECUTOR_LIMITS;
  const willRun = () => undefined;
  const order = { plugin, command, access: nothing, limits, secrets: [], willRun };
  const server = new McpServer(await start(order));
  try {
    const tools = await server.open(AbortSignal.timeout(limits.timeoutMs));
    return ok({
      definitions: Object.fromEntries(tools.map((tool) => [tool.name, pinOf(tool)])),
      tools,
    });
  } catch {
    return err('Cannot inspect the plugin: its command must start an MCP server');
  } finally {
    server.program.kill('cancelled');
    await server.program.ended;
  }
}
