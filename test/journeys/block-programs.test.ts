/**
 * Random programs of blocks against a small model, with the process killed in the middle of what they
 * do: no message that was acknowledged is lost or comes twice, the order of each pair is kept, and every
 * exit and every down is heard exactly once.
 *
 * Programs run side by side, so that one end of the process strikes all of them: starting it again is
 * what takes most of the time.
 *
 * `BLOCK_PROGRAMS` chooses how many programs, `BLOCK_SEED` which.
 */

import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { Model, withDownsByRef } from '../support/block-model.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { allAtOnce, inGroups } from '../support/side-by-side.ts';

const PROGRAMS = Number(process.env.BLOCK_PROGRAMS ?? 8);
const SIDE_BY_SIDE = 20;
/** How often the process ends during a program. */
const ROUNDS = 3;
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
  | { readonly do: 'take' | 'spawn' | 'trap' | Blow['do']; readonly a: number };

/** May be asked for again by whoever does not know whether it was done. */
interface Blow {
  readonly do: 'say' | 'crash' | 'kill' | 'normal';
  readonly a: number;
}

/** What a program does until the process ends, and what it is about when it does. */
interface Round {
  readonly steps: readonly Step[];
  readonly blow: Blow;
  /** How soon after that the process ends, in milliseconds. */
  readonly endsAfterMs: number;
}

const index = fc.nat(BLOCKS - 1);
const between = fc.constantFrom('send', 'send', 'link', 'link', 'unlink', 'monitor');
const alone = fc.constantFrom('say', 'say', 'take', 'spawn', 'trap', 'crash', 'kill', 'normal');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: between, a: index, b: index }) as fc.Arbitrary<Step> },
  { weight: 5, arbitrary: fc.record({ do: alone, a: index }) as fc.Arbitrary<Step> },
);
const round: fc.Arbitrary<Round> = fc.record({
  steps: fc.array(step, { minLength: 6, maxLength: 14 }),
  blow: fc.record({ do: fc.constantFrom('say', 'crash', 'crash', 'kill', 'normal'), a: index }),
  endsAfterMs: fc.nat(20),
});

/** A blow as it is dealt, as often as need be. */
interface Struck {
  readonly post: () => ReturnType<Api['post']>;
  readonly answers: readonly number[];
  /** Told to the model, once. */
  readonly heard: () => void;
}

class Program {
  readonly model: Model;
  #count = 0;

  constructor(ids: readonly string[]) {
    this.model = new Model(ids);
  }

  async run(what: Step): Promise<void> {
    const { model } = this;
    const { blocks, ids } = model;
    const a = what.a;
    if (blocks[a]!.reason !== undefined) return;
    const id = ids[a]!;
    switch (what.do) {
      case 'say':
      case 'crash':
      case 'kill':
      case 'normal':
        return this.#strike(this.#toBlow({ do: what.do, a }));
      case 'take':
        return this.#take(a);
      case 'spawn':
        return this.#spawn(a);
      case 'trap':
        await api.put(`/v1/blocks/${id}/trap-exits`, { on: true });
        blocks[a]!.trapsExits = true;
        return;
      case 'send':
        return this.#send(what.b, a);
      default:
        if (what.b !== a) await this.#relate(what.do, a, what.b);
    }
  }

  /** Begins what the process will end in the middle of; answers how to finish it afterwards. */
  begin({ do: how, a }: Blow): () => Promise<void> {
    if (this.model.blocks[a]!.reason !== undefined) return () => this.settle();
    const blow = this.#toBlow({ do: how, a });
    // Nobody hears the answer, if there is one.
    const lost = blow.post().catch(() => undefined);
    return async () => {
      await lost;
      await this.#strike(blow);
    };
  }

  #toBlow({ do: how, a }: Blow): Struck {
    const { model } = this;
    const path = `/v1/blocks/${model.ids[a]}`;
    const number = this.#count++;
    if (how === 'say') {
      const message = { body: number, messageId: `message-${number}` };
      return {
        post: () => api.post(`${path}/messages`, message),
        answers: [202],
        heard: () => model.deliver(a, 'outside', number),
      };
    }
    const reason = how === 'crash' ? { crash: `crash ${number}` } : how;
    return {
      post: () => api.post(`${path}/exit`, { reason }),
      // Its first attempt may have been its end.
      answers: [202, 404],
      heard: () => model.end(a, reason === 'kill' ? 'killed' : reason),
    };
  }

  async #strike({ post, answers, heard }: Struck): Promise<void> {
    expect(answers).toContain((await post()).status);
    heard();
    await this.settle();
  }

  async #send(to: number, from: number): Promise<void> {
    const { blocks, ids } = this.model;
    const body = this.#count++;
    const headers = { 'Sallyport-Block': ids[from]! };
    const sent = await api.post(`/v1/blocks/${ids[to]}/messages`, { body }, headers);
    expect(sent.status).toBe(blocks[to]!.reason === undefined ? 202 : 404);
    this.model.deliver(to, `block:${ids[from]}`, body);
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
      expect(withDownsByRef(got)).toEqual(withDownsByRef(mail));
    }
  }
}

function senderOf({ from }: { readonly from: string }): string {
  return from.startsWith('block:') ? from : 'outside';
}

function spawn(more: object = {}) {
  const capabilities = [
    ...['CAP_SEND', 'CAP_RECEIVE', 'CAP_LINK', 'CAP_MONITOR', 'CAP_TRAP_EXIT', 'CAP_SPAWN'],
    'block:exit',
  ];
  const behavior = { kind: 'mailbox' };
  return api.post('/v1/blocks', { behavior, capabilities, ...more });
}

const programs = fc.sample(fc.array(round, { minLength: ROUNDS, maxLength: ROUNDS }), {
  numRuns: PROGRAMS,
  seed: SEED,
});

test.each(inGroups(programs, SIDE_BY_SIDE))(
  'programs from $first on do what the model says',
  async ({ first, members }) => {
    const runs = await Promise.all(
      members.map(async (program, number) => {
        const born = await Promise.all(Array.from({ length: BLOCKS }, () => spawn()));
        return {
          name: `program ${first + number} of seed ${SEED}`,
          program,
          run: new Program(born.map(toId)),
        };
      }),
    );
    for (let now = 0; now < ROUNDS; now++) {
      await allAtOnce(runs, async ({ program, run }) => {
        for (const what of program[now]!.steps) await run.run(what);
      });
      const finish = new Map(
        runs.map(({ name, program, run }) => [name, run.begin(program[now]!.blow)]),
      );
      await setTimeout(runs[0]!.program[now]!.endsAfterMs);
      await gateway.kill();
      await gateway.restart();
      await allAtOnce(runs, ({ name }) => finish.get(name)!());
    }
    await allAtOnce(runs, ({ run }) => run.checkMail());
  },
  240_000,
);

function toId({ body }: { readonly body: { readonly id: string } }): string {
  return body.id;
}
