/**
 * Random programs of blocks against a small model, with the process killed in between: no message that
 * was acknowledged is lost or comes twice, the order of each pair is kept, and every exit and every down is
 * heard exactly once.
 *
 * `BLOCK_PROGRAMS` chooses how many programs, `BLOCK_SEED` which.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const PROGRAMS = Number(process.env.BLOCK_PROGRAMS ?? 4);
const SEED = Number(process.env.BLOCK_SEED ?? 20_261_122);
const BLOCKS = 5;

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

type Step =
  | { readonly do: 'send' | 'link' | 'unlink' | 'monitor'; readonly a: number; readonly b: number }
  | {
      readonly do: 'say' | 'take' | 'spawn' | 'trap' | 'crash' | 'kill' | 'normal';
      readonly a: number;
    }
  | { readonly do: 'end-process' };

const index = fc.nat(BLOCKS - 1);
const between = fc.constantFrom('send', 'send', 'link', 'link', 'unlink', 'monitor');
const alone = fc.constantFrom('say', 'say', 'take', 'spawn', 'trap', 'crash', 'kill', 'normal');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: between, a: index, b: index }) as fc.Arbitrary<Step> },
  { weight: 5, arbitrary: fc.record({ do: alone, a: index }) as fc.Arbitrary<Step> },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'end-process' }) },
);

type Reason = 'normal' | 'killed' | 'noproc' | { readonly crash: string };

interface Expected {
  reason: Reason | undefined;
  trapsExits: boolean;
  readonly links: Set<number>;
  readonly monitors: { readonly ref: string; readonly target: number }[];
  /** By sender: what it must have received, in order, and has not acknowledged. */
  readonly mail: Map<string, unknown[]>;
  acknowledged: number;
}

/** What must be so: a few lines, without streams, rows or retries. */
class Model {
  readonly blocks: Expected[] = [];
  readonly ids: string[] = [];

  constructor(ids: readonly string[]) {
    for (const id of ids) this.add(id);
  }

  add(id: string): number {
    const links = new Set<number>();
    const mail = new Map<string, unknown[]>();
    this.blocks.push({
      reason: undefined,
      trapsExits: false,
      links,
      monitors: [],
      mail,
      acknowledged: 0,
    });
    return this.ids.push(id) - 1;
  }

  /** The oldest message of whichever sender it came from, taken and acknowledged. */
  take(which: number, from: string, body: unknown): void {
    const block = this.blocks[which]!;
    const { mail } = block;
    const [oldest, ...rest] = mail.get(from) ?? [];
    expect(body).toEqual(oldest);
    block.acknowledged += 1;
    if (rest.length === 0) mail.delete(from);
    else mail.set(from, rest);
  }

  deliver(to: number, from: string, body: unknown): void {
    const { mail, reason } = this.blocks[to]!;
    if (reason === undefined) mail.set(from, [...(mail.get(from) ?? []), body]);
  }

  end(which: number, reason: Reason): void {
    const block = this.blocks[which]!;
    if (block.reason !== undefined) return;
    block.reason = reason;
    const from = this.ids[which]!;
    // A block that is both linked and watching hears the link first.
    for (const other of block.links) {
      const linked = this.blocks[other]!;
      linked.links.delete(which);
      if (linked.trapsExits) this.deliver(other, `block:${from}`, { type: 'exit', from, reason });
      else if (reason !== 'normal') this.end(other, reason);
    }
    block.links.clear();
    for (const [watcher, { monitors }] of this.blocks.entries()) {
      for (const { ref } of monitors.filter(({ target }) => target === which)) {
        this.deliver(watcher, `block:${from}`, { type: 'down', from, ref, reason });
      }
    }
  }
}

class Program {
  readonly model: Model;
  #count = 0;

  constructor(ids: readonly string[]) {
    this.model = new Model(ids);
  }

  async run(what: Step): Promise<void> {
    if (what.do === 'end-process') return endProcess();
    const { model } = this;
    const { blocks, ids } = model;
    const a = what.a;
    if (blocks[a]!.reason !== undefined) return;
    const id = ids[a]!;
    switch (what.do) {
      case 'say':
        return this.#send(a);
      case 'take':
        return this.#take(a);
      case 'spawn':
        return this.#spawn(a);
      case 'trap':
        await api.put(`/v1/blocks/${id}/trap-exits`, { on: true });
        blocks[a]!.trapsExits = true;
        return;
      case 'crash':
      case 'kill':
      case 'normal':
        return this.#exit(a, what.do);
      case 'send':
        return this.#send(what.b, a);
      default:
        if (what.b !== a) await this.#relate(what.do, a, what.b);
    }
  }

  async #send(to: number, from?: number): Promise<void> {
    const { blocks, ids } = this.model;
    const body = this.#count++;
    const headers = from === undefined ? {} : { 'Sallyport-Block': ids[from]! };
    const sent = await api.post(`/v1/blocks/${ids[to]}/messages`, { body }, headers);
    expect(sent.status).toBe(blocks[to]!.reason === undefined ? 202 : 404);
    this.model.deliver(to, from === undefined ? 'outside' : `block:${ids[from]}`, body);
  }

  async #take(which: number): Promise<void> {
    const path = `/v1/blocks/${this.model.ids[which]}`;
    const [message] = (await api.post(`${path}/receive`, {})).body.messages;
    if (message === undefined) return;
    const { lease, body } = message;
    expect((await api.post(`${path}/ack`, { leases: [lease] })).body.acknowledged).toBe(1);
    this.model.take(which, senderOf(message), body);
  }

  /** A child that is linked to its parent and watched by it. */
  async #spawn(which: number): Promise<void> {
    const parent = this.model.ids[which]!;
    const { id, ref } = (await spawn({ parent, link: true, monitor: true })).body;
    const child = this.model.add(id);
    this.model.blocks[which]!.links.add(child);
    this.model.blocks[child]!.links.add(which);
    this.model.blocks[which]!.monitors.push({ ref, target: child });
    await this.settle();
  }

  async #exit(which: number, how: 'crash' | 'kill' | 'normal'): Promise<void> {
    const reason = how === 'crash' ? { crash: `crash ${this.#count++}` } : how;
    await api.post(`/v1/blocks/${this.model.ids[which]}/exit`, { reason });
    this.model.end(which, reason === 'kill' ? 'killed' : reason);
    await this.settle();
  }

  async #relate(kind: 'link' | 'unlink' | 'monitor', a: number, b: number): Promise<void> {
    const { blocks, ids } = this.model;
    const [one, other] = [blocks[a]!, blocks[b]!];
    const from = ids[b]!;
    if (kind === 'monitor') {
      const { ref } = (await api.post(`/v1/blocks/${ids[a]}/monitors`, { target: from })).body;
      one.monitors.push({ ref, target: b });
      const down = { type: 'down', from, ref, reason: 'noproc' };
      if (other.reason !== undefined) this.model.deliver(a, `block:${from}`, down);
    } else if (kind === 'unlink') {
      await api.delete(`/v1/blocks/${ids[a]}/links/${from}`);
      one.links.delete(b);
      other.links.delete(a);
    } else {
      await api.put(`/v1/blocks/${ids[a]}/links/${from}`, undefined);
      if (other.reason === undefined) {
        one.links.add(b);
        other.links.add(a);
      } else if (one.trapsExits) {
        this.model.deliver(a, `block:${from}`, { type: 'exit', from, reason: 'noproc' });
      } else this.model.end(a, 'noproc');
    }
    await this.settle();
  }

  /** Every life, reason and link is as the model says. */
  async settle(): Promise<void> {
    const { blocks, ids } = this.model;
    for (const [which, expected] of blocks.entries()) {
      const wanted = {
        exit: expected.reason ?? 'alive',
        links: [...expected.links].map((other) => ids[other]!).sort(),
      };
      const present = async () => {
        const { body } = await api.get(`/v1/blocks/${ids[which]}`);
        return { exit: body.exitReason ?? 'alive', links: [...body.links].sort() };
      };
      await expect.poll(present, { timeout: 20_000, interval: 20 }).toEqual(wanted);
    }
  }

  /** Everything that must have come has come, in the order of its sender, and nothing else. */
  async checkMail(): Promise<void> {
    for (const [which, { reason, mail, acknowledged }] of this.model.blocks.entries()) {
      if (reason !== undefined) continue;
      const id = this.model.ids[which]!;
      const wanted = [...mail.values()].reduce((sum, each) => sum + each.length, 0);
      await expect
        .poll(async () => (await api.get(`/v1/blocks/${id}`)).body.mailbox.accepted, {
          timeout: 20_000,
        })
        .toBe(wanted + acknowledged);
      const query = { max: 100, leaseMs: 60_000 };
      const { messages } = (await api.post(`/v1/blocks/${id}/receive`, query)).body;
      const got = new Map<string, unknown[]>();
      for (const message of messages) {
        const sender = senderOf(message);
        got.set(sender, [...(got.get(sender) ?? []), message.body]);
      }
      expect(got).toEqual(mail);
    }
  }
}

function senderOf({ from }: { readonly from: string }): string {
  return from.startsWith('block:') ? from : 'outside';
}

async function endProcess(): Promise<void> {
  await gateway.kill();
  await gateway.restart();
}

function spawn(more: object = {}) {
  const capabilities = [
    ...['CAP_SEND', 'CAP_RECEIVE', 'CAP_LINK', 'CAP_MONITOR', 'CAP_TRAP_EXIT', 'CAP_SPAWN'],
    'block:exit',
  ];
  const behavior = { kind: 'mailbox' };
  return api.post('/v1/blocks', { behavior, capabilities, ...more });
}

const programs = fc.sample(fc.array(step, { minLength: 20, maxLength: 45 }), {
  numRuns: PROGRAMS,
  seed: SEED,
});

test.each(programs.map((program, number) => ({ number, program })))(
  'program $number does what the model says',
  async ({ program }) => {
    const born = await Promise.all(Array.from({ length: BLOCKS }, () => spawn()));
    const run = new Program(born.map(({ body }) => body.id));
    for (const what of program) await run.run(what);
    await endProcess();
    await run.settle();
    await run.checkMail();
  },
  120_000,
);
