/**
 * Blocks as the gateway runs them, beside what the bare platform does: a Durable Object that inserts
 * rows. Each request does an operation many times over and says how long that took, without HTTP.
 */

import { DurableObject } from 'cloudflare:workers';
import { tellMembers } from '../../src/blocks/directory/members-client.ts';
import type { BlockBindings } from '../../src/blocks/kit/bindings.ts';
import { keyedHash, randomHex } from '../../src/blocks/kit/keys.ts';
import type { BirthOrder, BlockActor, OutsideMessage } from '../../src/blocks/user/block-api.ts';
import { openBlock } from '../../src/blocks/user/block-client.ts';
import { expandBlockGrants } from '../../src/core/blocks/block-grants.ts';
import { toBlockLimits } from '../../src/core/blocks/block-limits.ts';
import { PRINCIPAL_LABEL } from '../../src/core/policy/labels.ts';
import { type BlockId, issueBlockId, parseWorkspaceId } from '../../src/core/primitives/ids.ts';
import gateway from '../../src/worker.ts';

export * from '../../src/worker.ts';

/** What is compared with: one table, one row a message. */
export class Bare extends DurableObject {
  #hasTable = false;

  touch(): number {
    return 1;
  }

  insert(body: string): number {
    this.#createTable();
    return this.ctx.storage.sql
      .exec<{ id: number }>('INSERT INTO rows (body) VALUES (?) RETURNING id', body)
      .one().id;
  }

  insertMany(bodies: readonly string[]): number {
    this.#createTable();
    return this.ctx.storage.transactionSync(() => {
      let last = 0;
      for (const body of bodies) last = this.insert(body);
      return last;
    });
  }

  #createTable(): void {
    if (this.#hasTable) return;
    this.ctx.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL)',
    );
    this.#hasTable = true;
  }
}

interface BenchBindings extends BlockBindings {
  readonly BARE: DurableObjectNamespace<Bare>;
}

/** What one request does. */
interface Sample {
  readonly op: string;
  /** How often; of parallel operations, how many objects at once. */
  readonly count: number;
  /** Which objects: operations with the same set meet the same ones. */
  readonly set: string;
}

const BODY = { text: 'the quick brown fox jumps over the lazy dog', number: 42 };
const TEXT = JSON.stringify(BODY);
const BATCH = 100;

const workspace = parseWorkspaceId('default');
if (workspace === undefined) throw new Error('Cannot read the id of the workspace');

const ACTOR: BlockActor = {
  principal: { kind: 'user', id: 'root', workspace, tokenId: 'root' },
  requestId: 'req_bench',
  ownsAll: false,
};

const MESSAGE: OutsideMessage = { from: ACTOR, body: TEXT, label: PRINCIPAL_LABEL };

const { grants: GRANTS } = expandBlockGrants(['CAP_SEND', 'CAP_RECEIVE', 'CAP_SPAWN']);

let blockHash: ((text: string) => string) | undefined;

/** Blocks of a set, by number; made when they are first asked for. */
const known = new Map<string, BlockId>();

function newId(env: BenchBindings): BlockId {
  blockHash ??= keyedHash(env.SALLYPORT_MASTER_KEY, 'block-ids');
  return issueBlockId(workspace!, randomHex(16), blockHash);
}

function toOrder(blockId: BlockId): BirthOrder {
  return {
    blockId,
    behavior: { kind: 'mailbox' },
    grants: GRANTS,
    limits: toBlockLimits({ messages: 100_000, bytes: 67_108_864 }),
    budget: {},
    creator: ACTOR.principal,
    ancestors: [],
    requestId: ACTOR.requestId,
  };
}

async function spawn(env: BenchBindings): Promise<BlockId> {
  const id = newId(env);
  const born = await openBlock(env, workspace!, id).again((block) => block.spawn(toOrder(id)));
  if (!born.ok) throw new Error(born.error.detail);
  return id;
}

async function blockOfSet(env: BenchBindings, set: string, index: number): Promise<BlockId> {
  const key = `${set}/${index}`;
  const id = known.get(key) ?? (await spawn(env));
  known.set(key, id);
  return id;
}

async function send(env: BenchBindings, id: BlockId): Promise<void> {
  const sent = await openBlock(env, workspace!, id).once((block) => block.send(MESSAGE));
  if (!sent.ok) throw new Error(sent.error.detail);
}

/** As a block, to another: answered once the other has it on disk. */
async function say(env: BenchBindings, from: BlockId, to: BlockId): Promise<void> {
  const envelope = { messageId: `msg_${crypto.randomUUID()}`, body: TEXT, label: PRINCIPAL_LABEL };
  const act = { kind: 'send', to, envelope } as const;
  const done = await openBlock(env, workspace!, from).once((block) => block.act(ACTOR, act));
  if (!done.ok) throw new Error(done.error.detail);
  if (done.value.kind !== 'sent' || done.value.acceptance.kind !== 'accepted') {
    throw new Error('the message was not accepted');
  }
}

type Operation = (env: BenchBindings, sample: Sample) => Promise<void>;

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

const inTurn =
  (operation: (env: BenchBindings, set: string, turn: number) => Promise<unknown>): Operation =>
  async (env, { count, set }) => {
    for (const turn of range(count)) await operation(env, set, turn);
  };

const atOnce =
  (operation: (env: BenchBindings, set: string, index: number) => Promise<unknown>): Operation =>
  async (env, { count, set }) => {
    await Promise.all(range(count).map((index) => operation(env, set, index)));
  };

const bare = (env: BenchBindings, set: string, index = 0) => env.BARE.getByName(`${set}/${index}`);

/** A group of blocks of the set, under its name. */
async function joinGroup(env: BenchBindings, { count, set }: Sample): Promise<void> {
  const directory = env.DIRECTORIES.getByName(workspace!);
  for (const index of range(count)) {
    await directory.join(set, await blockOfSet(env, set, index));
  }
}

/** As the gateway does it. */
async function fanOut(env: BenchBindings, { count, set }: Sample): Promise<void> {
  const { told } = await tellMembers(env, { workspace: workspace!, group: set }, async (id) => {
    await send(env, id);
    return true;
  });
  if (told !== count) throw new Error(`${told} of ${count} were told`);
}

async function sendMany(env: BenchBindings, id: BlockId): Promise<void> {
  const messages = range(BATCH).map(() => MESSAGE);
  const sent = await openBlock(env, workspace!, id).once((block) => block.sendMany(messages));
  if (!sent.every(({ ok }) => ok)) throw new Error('a message of the batch was refused');
}

/** A call from outside, and a consumer that waits for it and answers. */
async function callOnce(env: BenchBindings, id: BlockId): Promise<void> {
  const block = openBlock(env, workspace!, id);
  const query = { timeoutMs: 5_000, max: 1, leaseMs: 30_000 };
  const answering = block
    .once((api) => api.receive(ACTOR, query))
    .then((taken) => {
      const lease = taken.ok && taken.value[0]?.lease;
      if (!lease) throw new Error('the call was not received');
      return block.once((api) => api.reply(ACTOR, lease, TEXT));
    });
  const [answer, replied] = await Promise.all([
    block.once((api) => api.call(MESSAGE, 5_000)),
    answering,
  ]);
  if (!answer.ok || !replied.ok) throw new Error('the call was not answered');
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'bare-insert': inTurn((env, set) => bare(env, set).insert(TEXT)),
  'bare-insert-parallel': atOnce((env, set, index) => bare(env, set, index).insert(TEXT)),
  'bare-insert-many': inTurn((env, set) => bare(env, set).insertMany(range(BATCH).map(() => TEXT))),
  'bare-touch': inTurn((env, set, turn) => bare(env, set, turn).touch()),
  'bare-first-insert': atOnce((env, set, turn) => bare(env, set, turn).insert(TEXT)),
  send: inTurn(async (env, set) => send(env, await blockOfSet(env, set, 0))),
  'send-many': inTurn(async (env, set) => sendMany(env, await blockOfSet(env, set, 0))),
  'send-parallel': atOnce(async (env, set, index) => send(env, await blockOfSet(env, set, index))),
  'join-group': joinGroup,
  'fan-out': fanOut,
  spawn: inTurn((env) => spawn(env)),
  'spawn-parallel': atOnce((env) => spawn(env)),
  'ping-pong': inTurn(async (env, set) => {
    const [ping, pong] = [await blockOfSet(env, set, 0), await blockOfSet(env, set, 1)];
    await say(env, ping, pong);
    await say(env, pong, ping);
  }),
  call: inTurn(async (env, set) => callOnce(env, await blockOfSet(env, set, 0))),
};

export default {
  async fetch(request: Request, env: BenchBindings, ctx: ExecutionContext): Promise<Response> {
    if (!new URL(request.url).pathname.startsWith('/bench')) {
      return gateway.fetch(request, env as never, ctx);
    }
    const sample: Sample = await request.json();
    const operation = OPERATIONS[sample.op];
    if (operation === undefined) return new Response('no such operation', { status: 404 });
    const startedAt = performance.now();
    await operation(env, sample);
    return Response.json({ ms: performance.now() - startedAt });
  },
} satisfies ExportedHandler<BenchBindings>;
