/**
 * Runs the cases of a plugin, one after the other, against a gateway that has it installed.
 *
 * @module
 */

import type { Manifest } from '../../core/manifest/manifest.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { CommandFailure } from '../command-failure.ts';
import { callTool } from '../gateway/call-tool.ts';
import type { GatewayAddress } from '../gateway/gateway-client.ts';
import { readLatestLog } from '../gateway/read-logs.ts';
import type { PluginCase } from './case-file.ts';
import { findMismatch } from './match-answer.ts';

/** A `type`, so that it is a `JsonObject`. */
export type CaseReport = {
  readonly name: string;
  readonly passed: boolean;
  /** Where a case that failed differs from what it says. */
  readonly mismatch?: string;
  /** What the plugin logged in a call that failed, line by line. */
  readonly log?: readonly string[];
  readonly fuel?: number;
  readonly memoryPages?: number;
};

export async function runCase(
  gateway: GatewayAddress,
  manifest: Manifest,
  plugin: PluginCase,
): Promise<CaseReport> {
  const tool = plugin.tool ?? soleTool(manifest);
  const before = await readLatestLog(gateway, manifest.name);
  const { end, cost } = await callTool(gateway, { tool, arguments: plugin.arguments });
  const mismatch = findMismatch(plugin.expect, end);
  const latest = mismatch === undefined ? before : await readLatestLog(gateway, manifest.name);
  const log = latest.of === before.of ? [] : latest.lines;
  return {
    name: plugin.name,
    passed: mismatch === undefined,
    ...(mismatch !== undefined && { mismatch }),
    ...(log.length > 0 && { log }),
    ...pick(cost, 'fuel'),
    ...pick(cost, 'memoryPages'),
  };
}

/** The tool that is meant where none is named. */
export function soleTool({ tools }: Manifest): string {
  const [tool, ...others] = tools;
  if (tool !== undefined && others.length === 0) return tool.name;
  throw CommandFailure.usage('Cannot tell which tool is meant: it must be named');
}

function pick<K extends string>(cost: JsonObject, key: K): { readonly [P in K]?: number } {
  const value = cost[key];
  return typeof value === 'number' ? ({ [key]: value } as { readonly [P in K]?: number }) : {};
}
