import { expect, it } from 'vitest';
import { changeCeiling } from '../../../src/blocks/node/change-ceiling.ts';
import { letNodesGo } from '../../../src/blocks/node/let-nodes-go.ts';
import type { CapabilityRules } from '../../../src/core/capabilities/capability-set.ts';
import { nodeOf, OFFER, withNodes } from './support/parts.ts';

const offer = { ...OFFER, letsGo: true } as const;
const actor = { name: 'user:root', requestId: 'req_1' };
const rulesOf = (...allow: readonly string[]) =>
  ({ allow, deny: [] }) as unknown as CapabilityRules;

it('tells those that are there and know what is meant', async () => {
  await withNodes('let-nodes-go', ({ parts, online, sent }) => {
    parts.nodes.createTable();
    for (const id of ['away', 'here']) parts.nodes.put(nodeOf(id, { offer }));
    parts.nodes.put(nodeOf('older'));
    for (const id of ['here', 'older']) online.add(id);
    letNodesGo(parts);
    expect(sent).toEqual(['here: let-go']);
  });
});

it('is told to the one that may run less than before, and not if it may run more', async () => {
  await withNodes('narrowed-node', ({ parts, online, sent }) => {
    parts.nodes.createTable();
    parts.calls.createTable();
    const ceiling = rulesOf('tool:file:read:*');
    for (const id of ['narrowed', 'other']) {
      parts.nodes.put(nodeOf(id, { offer, ceiling }));
      online.add(id);
    }
    const change = (next: CapabilityRules) => {
      const node = parts.nodes.find('narrowed' as never);
      if (node !== undefined) changeCeiling(parts, actor as never, { node, ceiling: next });
    };
    change(rulesOf('tool:file:read:*', 'tool:file:write:*'));
    expect(sent).toEqual([]);
    change(rulesOf('tool:file:read:*'));
    expect(sent).toEqual(['narrowed: let-go']);
  });
});
