import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { Connections, SILENT_MS } from '../../../src/blocks/node/connections.ts';
import { HEARTBEAT } from '../../../src/core/executor-protocol/frames.ts';
import type { NodeId } from '../../../src/core/primitives/ids.ts';

const NODE = 'node_a' as NodeId;
const MINUTE_MS = 60_000;

interface Connected {
  readonly connections: Connections;
  readonly client: WebSocket;
  readonly setNow: (now: number) => void;
}

/** A node that has proved itself a minute ago, on the sockets of a real object. */
async function withNode(name: string, test: (connected: Connected) => Promise<void>) {
  const { NODES } = env as unknown as { NODES: DurableObjectNamespace };
  await runInDurableObject(NODES.getByName(name), async (_, ctx) => {
    let now = Date.now() - MINUTE_MS;
    const connections = new Connections(ctx, () => now);
    const client = connections.accept(NODE, now).webSocket;
    const [server] = ctx.getWebSockets(NODE);
    if (client === null || client === undefined || server === undefined) throw new Error('none');
    client.accept();
    connections.promote(server, { kind: 'live' });
    await test({ connections, client, setNow: (at) => (now = at) });
    client.close();
  });
}

describe('a node whose connection is open', () => {
  it('is away when nothing was heard of it for as long as three heartbeats take', async () => {
    await withNode('silent', async ({ connections, setNow }) => {
      const openedAt = Date.now() - MINUTE_MS;
      expect(connections.stateOf(NODE)).toBe('online');
      setNow(openedAt + SILENT_MS - 1_000);
      expect(connections.stateOf(NODE)).toBe('online');
      setNow(openedAt + SILENT_MS + 1_000);
      expect(connections.stateOf(NODE)).toBe('offline');
      expect(connections.of(NODE)).toBeUndefined();
    });
  });

  it('is there after a heartbeat, which the platform answers and notes', async () => {
    await withNode('beating', async ({ connections, client, setNow }) => {
      const answered = new Promise((resolve) =>
        client.addEventListener('message', ({ data }) => resolve(data)),
      );
      client.send(HEARTBEAT.ask);
      expect(await answered).toBe(HEARTBEAT.answer);
      const heardAt = connections.heartbeatAt(NODE) ?? 0;
      expect(heardAt).toBeGreaterThan(Date.now() - MINUTE_MS);
      setNow(heardAt + SILENT_MS - 1);
      expect(connections.stateOf(NODE)).toBe('online');
      setNow(heardAt + SILENT_MS);
      expect(connections.stateOf(NODE)).toBe('offline');
    });
  });
});
