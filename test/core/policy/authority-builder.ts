/**
 * Small authorities for tests: everything allowed that a test does not take away.
 */

import type { Grant } from '../../../src/core/capabilities/grant.ts';
import { type CapabilityPattern, parsePattern } from '../../../src/core/capabilities/pattern.ts';
import type { RegisteredPlugin } from '../../../src/core/manifest/registered-plugin.ts';
import type { ToolDefinition } from '../../../src/core/manifest/tool-definition.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import type { PrincipalKind } from '../../../src/core/policy/principal.ts';
import { parseWorkspaceId, type WorkspaceId } from '../../../src/core/primitives/ids.ts';

export const NOW = 1_800_000_000_000;

export function workspaceId(text: string): WorkspaceId {
  const id = parseWorkspaceId(text);
  if (id === undefined) throw new Error(`not a workspace id: ${text}`);
  return id;
}

/** Patterns known to be well-formed; fails the test loudly if one is not. */
export function patterns(...texts: readonly string[]): CapabilityPattern[] {
  return texts.map((text) => {
    const parsed = parsePattern(text);
    if (!parsed.ok) throw new Error(parsed.error.message);
    return parsed.value;
  });
}

export function grants(...texts: readonly string[]): Grant[] {
  return patterns(...texts).map((pattern) => ({ pattern }));
}

export function tool(name: string, facts: Partial<ToolDefinition> = {}): ToolDefinition {
  return {
    name,
    description: `The tool ${name}`,
    inputSchema: { type: 'object' },
    annotations: {},
    requires: [],
    entry: name.replaceAll('-', '_'),
    ...facts,
  };
}

export function plugin(facts: Partial<RegisteredPlugin> = {}): RegisteredPlugin {
  return {
    name: 'files',
    version: '1.0.0',
    codeHash: 'c0de'.repeat(16),
    tier: 'wasm',
    state: 'running',
    allow: patterns('tool:*'),
    deny: [],
    tools: [tool('read-file')],
    ...facts,
  };
}

interface AuthorityFacts extends Partial<Omit<Authority, 'principal'>> {
  readonly kind?: PrincipalKind;
}

export function authority({ kind = 'user', ...facts }: AuthorityFacts = {}): Authority {
  return {
    revision: 1,
    principal: { kind, id: 'alice', workspace: workspaceId('acme'), tokenId: 'tok_1' },
    grants: grants('tool:*'),
    policy: DEFAULT_POLICY,
    plugins: [plugin()],
    ...facts,
  };
}
