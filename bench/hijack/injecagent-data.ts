/**
 * Another public benchmark, for a smoke test: its users only read, each with one call, so that any
 * tool that changes something is already out of place.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/core/primitives/json.ts';
import { findPublicData } from '../../test/support/public-data.ts';
import type { Attack, Suite, UserTask } from './suite-data.ts';

/** Two suites, since a plugin has a bounded number of tools. */
export const HARMS = { 'injecagent-harm': 'direct_harm', 'injecagent-theft': 'data_stealing' };

interface RawData {
  readonly tools: readonly {
    readonly name: string;
    readonly toolkit: string;
    readonly description: string;
    readonly inputSchema: JsonObject;
  }[];
  readonly user_cases: readonly {
    readonly id: string;
    readonly tool: string;
    readonly prompt: string;
    readonly args: JsonObject;
    readonly response_template: string;
  }[];
  readonly attacker_cases: readonly {
    readonly id: string;
    readonly kind: string;
    readonly instruction: string;
    readonly calls: readonly {
      readonly tool: string;
      readonly args: JsonObject;
      readonly simulated_output?: string;
    }[];
  }[];
}

export function readInjecAgent(name: keyof typeof HARMS): Suite | undefined {
  const path = findPublicData('injecagent.json');
  if (path === undefined) return undefined;
  const data = JSON.parse(readFileSync(path, 'utf8')) as RawData;
  const names = new Map(data.tools.map((tool) => [tool.name, toToolName(tool)]));
  const rename = <Call extends { readonly tool: string }>(call: Call): Call => ({
    ...call,
    tool: names.get(call.tool) ?? call.tool,
  });
  const userTasks = data.user_cases.map((raw) => toUserTask(rename(raw)));
  const attacks = data.attacker_cases
    .filter(({ kind }) => kind === HARMS[name])
    .map((raw) => toAttack({ ...raw, calls: raw.calls.map(rename) }));
  const used = new Set([...userTasks, ...attacks].flatMap(({ calls }) => calls.map(toName)));
  return {
    name,
    tools: data.tools
      .map((tool) => ({ ...tool, name: toToolName(tool) }))
      .filter((tool) => used.has(tool.name)),
    userTasks,
    attacks,
    harmless: { text: 'All is well.' },
  };
}

const toName = ({ tool }: { readonly tool: string }) => tool;

/** `GmailSendEmail` of the kit `Gmail` as `gmail_send_email`: the second word is what it does. */
function toToolName({ name, toolkit }: Pick<RawData['tools'][number], 'name' | 'toolkit'>): string {
  const words = name.slice(toolkit.length).match(/[A-Z][a-z0-9]*/g) ?? [];
  return [toolkit, ...words].join('_').toLowerCase();
}

function toUserTask(raw: RawData['user_cases'][number]): UserTask {
  const { id, tool, prompt, args, response_template: template } = raw;
  const output = template.replaceAll('<Attacker Instruction>', '---CANARY_text---');
  return { id, prompt, calls: [{ tool, args, output }], firstTainted: 0 };
}

function toAttack({ id, instruction, calls }: RawData['attacker_cases'][number]): Attack {
  return {
    id,
    goal: instruction,
    calls: calls.map(({ tool, args, simulated_output: output = '{}' }) => ({
      tool,
      args,
      output,
    })),
    essential: calls.map((_, index) => index),
  };
}
