/**
 * A small workspace to try calls in: two plugins, one principal who may do all of it, one turn.
 *
 * Everything can be exchanged by the test that cares about it.
 */

import { createHash } from 'node:crypto';
import {
  type Expansion,
  expandDenies,
  expandGrants,
} from '../../../src/core/capabilities/expand.ts';
import type { CapabilityPattern } from '../../../src/core/capabilities/pattern.ts';
import { type Approval, approveCall } from '../../../src/core/checks/approve-call.ts';
import type { CheckContext } from '../../../src/core/checks/check-context.ts';
import type { ProposedToolCall } from '../../../src/core/conversation/tool-call.ts';
import type { Denial } from '../../../src/core/errors/denial.ts';
import type { RegisteredPlugin } from '../../../src/core/manifest/registered-plugin.ts';
import type { ToolDefinition } from '../../../src/core/manifest/tool-definition.ts';
import { DEFAULT_WASM_LIMITS } from '../../../src/core/manifest/wasm-limits.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import { type Label, PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/core/policy/policy.ts';
import type { Slice } from '../../../src/core/policy/slice.ts';
import {
  issueSessionId,
  parseWorkspaceId,
  toTurnId,
  type WorkspaceId,
} from '../../../src/core/primitives/ids.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import type { Result } from '../../../src/core/primitives/result.ts';
import { HeardValues } from '../../../src/core/provenance/heard-values.ts';

export const NOW = 1_800_000_000_000;
export const WORKSPACE = parseWorkspaceId('acme') as WorkspaceId;
export const TURN_ID = toTurnId('0'.repeat(32));

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A list that allows, as an operator writes it, expanded. */
export function allow(...texts: string[]): readonly CapabilityPattern[] {
  return patternsOf(expandGrants(texts));
}

/** A list that denies, as an operator writes it, expanded. */
export function denyList(...texts: string[]): readonly CapabilityPattern[] {
  return patternsOf(expandDenies(texts));
}

function patternsOf({ patterns, problems }: Expansion): readonly CapabilityPattern[] {
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return patterns;
}

export function makeTool(name: string, changes: Partial<ToolDefinition> = {}): ToolDefinition {
  return {
    name,
    description: `The tool ${name}.`,
    inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
    annotations: {},
    requires: [],
    entry: name.replaceAll('-', '_'),
    ...changes,
  };
}

/** Counts words: pure computation, in a closed world. */
export const TEXT_STATS = makeTool('text-stats', {
  inputSchema: {
    type: 'object',
    properties: { text: { type: 'string' } },
    required: ['text'],
  },
  annotations: { readOnlyHint: true, openWorldHint: false },
});

/** Reads what only the workspace reads. */
export const READ_FILE = makeTool('read-file', {
  inputSchema: {
    type: 'object',
    properties: { path: { type: 'string', format: 'path' } },
    required: ['path'],
  },
  annotations: { readOnlyHint: true, openWorldHint: false },
  requires: ['tool:file:read:{path}'],
});

/** Speaks to the world, both ways. */
export const FETCH = makeTool('fetch', {
  inputSchema: {
    type: 'object',
    properties: {
      url: { type: 'string', format: 'uri' },
      body: { type: 'string' },
    },
    required: ['url'],
  },
  annotations: { openWorldHint: true },
  requires: ['tool:network:http:{url.host}:{url.port}'],
});

export function makePlugin(
  name: string,
  tools: readonly ToolDefinition[],
  changes: Partial<RegisteredPlugin> = {},
): RegisteredPlugin {
  return {
    name,
    version: '1.0.0',
    codeHash: sha256(new TextEncoder().encode(name)),
    tier: 'wasm',
    state: 'running',
    allow: allow('tool:call', 'tool:file:read', 'tool:network:http'),
    deny: [],
    tools,
    wasm: DEFAULT_WASM_LIMITS,
    ...changes,
  };
}

export function makePolicy(changes: Partial<Policy> = {}): Policy {
  return { ...DEFAULT_POLICY, ...changes };
}

export function makeAuthority(changes: Partial<Authority> = {}): Authority {
  return {
    revision: 7,
    principal: { kind: 'user', id: 'alice', workspace: WORKSPACE, tokenId: 'tok_1' },
    grants: allow(
      ...['tool:call', 'tool:file:read', 'tool:network:http', 'provider:llm:call', 'session:turn'],
    ).map((pattern) => ({ pattern })),
    policy: makePolicy(),
    plugins: [makePlugin('texts', [TEXT_STATS]), makePlugin('io', [READ_FILE, FETCH])],
    ...changes,
  };
}

export const FULL_SLICE: Slice = {
  toolCalls: 16,
  tokens: 200_000,
  costMicroUsd: 1_000_000,
  perTool: {},
};

export const UNTRUSTED: Label = { integrity: 'untrusted', confidentiality: 'workspace' };

export function makeContext(changes: Partial<CheckContext> = {}): CheckContext {
  return {
    authority: makeAuthority(),
    turn: {
      sessionId: issueSessionId(WORKSPACE, '1'.repeat(32), () => 'c'.repeat(12)),
      workspace: WORKSPACE,
      epoch: 3,
      deadlineAt: NOW + 120_000,
    },
    label: PRINCIPAL_LABEL,
    heard: new HeardValues([]),
    slice: FULL_SLICE,
    history: [],
    approvals: new Set(),
    now: NOW,
    sha256,
    ...changes,
  };
}

export function propose(name: string, args: JsonObject = {}, index = 0): ProposedToolCall {
  return {
    place: { turnId: TURN_ID, round: 0, index },
    modelCallId: `call_${index}`,
    name,
    arguments: args,
  };
}

/** Approves a call in a workspace that holds this one tool, which is required to do nothing. */
export function tryTool(
  tool: ToolDefinition,
  args: JsonObject,
  changes: Partial<CheckContext> = {},
): Result<Approval, Denial> {
  const authority = makeAuthority({ plugins: [makePlugin('tried', [tool])] });
  return approveCall(propose(tool.name, args), makeContext({ authority, ...changes }));
}
