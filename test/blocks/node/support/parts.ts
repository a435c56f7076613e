/**
 * The parts of a node block over real storage, with a clock that the test moves and connections that
 * it opens.
 */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { CallStore } from '../../../../src/blocks/node/call-store.ts';
import type { NodeParts } from '../../../../src/blocks/node/node-parts.ts';
import { NodeStore, type StoredNode } from '../../../../src/blocks/node/node-store.ts';
import { SigningCalls } from '../../../../src/blocks/node/signing-calls.ts';
import { StraightWays } from '../../../../src/blocks/node/straight-ways.ts';
import { ThinnedRefusals } from '../../../../src/blocks/node/thinned-refusals.ts';
import { UnwantedCalls } from '../../../../src/blocks/node/unwanted-calls.ts';
import type { CapabilityRules } from '../../../../src/core/capabilities/capability-set.ts';
import type { ToolOutcome } from '../../../../src/core/conversation/tool-result.ts';
import type { NodeOffer } from '../../../../src/core/executor-protocol/node-offer.ts';
import type { TicketClaims } from '../../../../src/core/executor-protocol/ticket.ts';
import { DEFAULT_EXECUTOR_LIMITS } from '../../../../src/core/manifest/executor-limits.ts';
import type { NodeId } from '../../../../src/core/primitives/ids.ts';

export const HASH = 'a'.repeat(64);

export interface TestedNodes {
  readonly parts: NodeParts;
  /** Ids of the nodes that are connected. */
  readonly online: Set<string>;
  readonly setNow: (now: number) => void;
  readonly recorded: string[];
  /** What was sent: to whom, which frame, and if it is of a call, of which, and whether that was written by then. */
  readonly sent: string[];
  /** What those who wait for calls were told. */
  readonly told: (readonly [callKey: string, outcome: ToolOutcome | undefined])[];
  /** The connection of a node. */
  readonly socketOf: (node: string) => WebSocket;
}

/** Real tables in an object of its own. */
export async function withNodes(
  name: string,
  test: (nodes: TestedNodes) => void | Promise<void>,
): Promise<void> {
  const { NODES } = env as unknown as { NODES: DurableObjectNamespace };
  await runInDurableObject(NODES.getByName(name), async (_, { storage }) => {
    let now = 1_000_000;
    const online = new Set<string>();
    const recorded: string[] = [];
    const sent: string[] = [];
    const told: [string, ToolOutcome | undefined][] = [];
    const socketOf = (node: string) =>
      ({
        send(text: string) {
          const { kind, callKey } = JSON.parse(text);
          if (callKey === undefined) return void sent.push(`${node}: ${kind}`);
          const isWritten = parts.calls.find(callKey) !== undefined;
          sent.push(`${node}: ${kind} ${callKey}, ${isWritten ? 'written' : 'ahead'}`);
        },
        deserializeAttachment: () => ({ node, openedAt: 0, state: { kind: 'live' } }),
      }) as unknown as WebSocket;
    const parts = {
      nodes: new NodeStore(storage.sql),
      calls: new CallStore(storage.sql),
      ways: new StraightWays(storage.sql),
      signing: new SigningCalls(),
      unwanted: new UnwantedCalls(),
      connections: {
        stateOf: (id: string) => (online.has(id) ? 'online' : 'offline'),
        of: (id: string) => (online.has(id) ? socketOf(id) : undefined),
        heartbeatAt: () => undefined,
      },
      outbox: { isBlocked: () => false },
      refusals: new ThinnedRefusals(),
      identity: { publicKey: 'gateway-key' },
      now: () => now,
      transact: <T>(change: () => T) => storage.transactionSync(change),
      ends: { add: (change: () => void) => change(), write: () => undefined },
      record: ({ action, reason, count }: { action: string; reason?: string; count?: number }) =>
        recorded.push([action, reason, count].filter(Boolean).join(' ')),
      tell: (callKey: string, outcome?: ToolOutcome) => told.push([callKey, outcome]),
      receiptHmac: () => '',
    } as unknown as NodeParts;
    const setNow = (at: number) => (now = at);
    await test({ parts, online, recorded, sent, told, socketOf, setNow });
  });
}

const EVERYTHING: CapabilityRules = {
  allow: ['tool:*', 'tool:file:read:*'] as unknown as CapabilityRules['allow'],
  deny: [],
};

export const OFFER: NodeOffer = {
  version: '0.1.0',
  platform: 'linux x64',
  slots: 2,
  plugins: [{ name: 'file-tools', codeHash: HASH, tier: 'process' }],
};

export function nodeOf(id: string, change: Partial<StoredNode> = {}): StoredNode {
  return {
    id: id as NodeId,
    name: id,
    ceiling: EVERYTHING,
    approvedBy: 'user:root',
    approvedAt: 0,
    publicKey: 'key',
    connectedAt: 1,
    offer: OFFER,
    ...change,
  };
}

export function claimsOf(callKey: string, capabilities: readonly string[] = []): TicketClaims {
  return {
    workspace: 'default',
    session: 'ses_1',
    callKey,
    tool: 'read-file',
    plugin: 'file-tools',
    pluginVersion: '1.0.0',
    codeHash: HASH,
    argumentHash: HASH,
    tier: 'process',
    executor: { capabilities, limits: DEFAULT_EXECUTOR_LIMITS } as unknown as NonNullable<
      TicketClaims['executor']
    >,
    label: { integrity: 'trusted', confidentiality: 'workspace' },
    revision: 1,
    epoch: 1,
    deadlineAt: 10_000_000,
  };
}
