/**
 * Asks a server for its tools, in a sandbox with nothing granted but what it may read, so that they can be pinned.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tool } from '@modelcontextprotocol/client';
import { DEFAULT_EXECUTOR_LIMITS } from '../../core/manifest/executor-limits.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { toPlainText } from '../bounded-output.ts';
import { EgressProxy } from '../egress-proxy/egress-proxy.ts';
import type { HostPath } from '../host-path.ts';
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

/** For the operator: a sentence, and what the server wrote to its standard error. */
export interface InspectionProblem {
  readonly message: string;
  readonly log: string;
}

type Inspection = Result<InspectedServer, InspectionProblem>;

export async function inspectServer(
  plugin: LocalPlugin,
  reads: readonly HostPath[],
): Promise<Inspection> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  try {
    return await inspectIn(folder, plugin, reads);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inspectIn(
  folder: string,
  plugin: LocalPlugin,
  reads: readonly HostPath[],
): Promise<Inspection> {
  if (plugin.tier !== 'process') return refuse('its tier must be "process"');
  const made = await openProcessTier();
  if (!made.ok) return err({ message: made.error.message, log: '' });
  const access = { reads, writes: [], network: { allow: [], deny: [] } };
  const start = createStarter({ process: made.value }, new EgressProxy({ folder }));
  const { command } = plugin.runs;
  const limits = DEFAULT_EXECUTOR_LIMITS;
  const willRun = () => undefined;
  const order = { plugin, command, access, limits, secrets: [], willRun };
  const server = new McpServer(await start(order));
  try {
    const tools = await server.open(AbortSignal.timeout(limits.timeoutMs));
    return ok({
      definitions: Object.fromEntries(tools.map((tool) => [tool.name, pinOf(tool)])),
      tools,
    });
  } catch {
    server.program.kill('cancelled');
    return refuse('its command must start an MCP server', (await server.log).text);
  } finally {
    server.program.kill('cancelled');
    await server.program.ended;
  }
}

function refuse(must: string, log = ''): Result<never, InspectionProblem> {
  return err({ message: `Cannot inspect the plugin: ${must}`, log: toPlainText(log).trim() });
}
