/** What the node block itself makes of a call whose frame left, and whose row never came. */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../src/blocks/kit/outbox.ts';
import { CallStore } from '../../../src/blocks/node/call-store.ts';
import { Connections } from '../../../src/blocks/node/connections.ts';
import type { NodeCall } from '../../../src/blocks/node/node-api.ts';
import type { NodeBlock } from '../../../src/blocks/node/node-block.ts';
import { NodeStore } from '../../../src/blocks/node/node-store.ts';
import { StraightWays } from '../../../src/blocks/node/straight-ways.ts';
import { eventually } from '../../support/eventually.ts';
import { claimsOf, HASH, nodeOf } from './support/parts.ts';

const NODE = nodeOf('a').id;

interface Lost {
  readonly block: NodeBlock;
  readonly storage: DurableObjectStorage;
  /** Kinds of the frames that the node was sent. */
  readonly heard: string[];
  readonly say: (frame: object) => void;
}

function callOf(callKey: string): NodeCall {
  const claims = { ...claimsOf(callKey), deadlineAt: Date.now() + 60_000 };
  const signed = { node: NODE, ceilingVersion: 1, ticket: 'ticket' };
  return { claims, signed, argumentsText: '{}', secrets: [] };
}

/** A node that is there and the one of its plugin; its call `lost` is sent, and cannot be written. */
async function withLost(name: string, test: (lost: Lost) => Promise<void>): Promise<void> {
  const { NODES } = env as unknown as { NODES: DurableObjectNamespace<NodeBlock> };
  await runInDurableObject(NODES.getByName(name), async (block, ctx) => {
    const { storage } = ctx;
    new NodeStore(storage.sql).put(nodeOf('a'));
    new StraightWays(storage.sql).set(HASH, NODE, 0);
    const connections = new Connections(ctx);
    const client = connections.accept(NODE, Date.now())?.webSocket;
    const [server] = ctx.getWebSockets(NODE);
    if (client === null || client === undefined || server === undefined) throw new Error('none');
    const heard: string[] = [];
    client.accept();
    client.addEventListener('message', ({ data }) => heard.push(JSON.parse(String(data)).kind));
    connections.promote(server, { kind: 'live' });

    storage.sql.exec(
      "CREATE TRIGGER no_rows BEFORE INSERT ON calls BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    await expect(block.run(callOf('lost'))).rejects.toThrow();
    storage.sql.exec('DROP TRIGGER no_rows');
    await eventually(() => expect(heard).toContain('call'));
    const say = (frame: object) => client.send(JSON.stringify(frame));
    await test({ block, storage, heard, say });
    client.close();
  });
}

describe('a call that its node has, and of which the object knows nothing', () => {
  it('is asked about at its node, which alone can say that it was never sent', async () => {
    await withLost('lost-absent', async ({ block, storage, heard, say }) => {
      expect(new CallStore(storage.sql).find('lost')).toBeUndefined();
      const answer = block.recall(callOf('lost').claims);
      await eventually(() => expect(heard).toContain('recall'));
      say({ kind: 'absent', callKey: 'lost' });
      expect(await answer).toBeUndefined();
      expect(heard).toEqual(['call', 'recall']);
    });
  });

  it('is asked about though its turn is over, so that its end is on the record, and to end', async () => {
    await withLost('lost-left', async ({ block, storage, heard, say }) => {
      const { claims } = callOf('lost');
      await block.lookAfter(claims);
      await eventually(() => expect(heard).toEqual(['call', 'recall', 'cancel']));
      expect(new CallStore(storage.sql).find('lost')).toMatchObject({
        state: 'sent',
        facts: { tool: claims.tool, session: claims.session },
      });
      await block.lookAfter(claims);
      say({ kind: 'absent', callKey: 'lost' });
      await eventually(() => expect(new CallStore(storage.sql).find('lost')).toBeUndefined());
      expect(heard.filter((kind) => kind === 'recall')).toHaveLength(1);
    });
  });

  it('is unknown where its node is revoked', async () => {
    await withLost('lost-revoked', async ({ block, storage, heard }) => {
      await block.revoke({ name: 'user:root', requestId: 'req_1' }, NODE);
      expect(await block.recall(callOf('lost').claims)).toMatchObject({
        ...{ kind: 'failed', reason: 'unknown' },
      });
      expect(heard).toEqual(['call']);
      // The record of the revocation is on its way.
      await eventually(() => expect(new Outbox(storage.sql).isEmpty()).toBe(true));
    });
  });
});
