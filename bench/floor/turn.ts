/**
 * The skeleton of a turn with one Wasm tool call: the objects, requests, commits and isolates that its
 * guarantees need, and nothing of what they are for. No turn on this platform costs less.
 */

import { DurableObject } from 'cloudflare:workers';
import { Gatherer } from '../../src/blocks/kit/gatherer.ts';
import { ISOLATE_OPTIONS } from '../../src/tiers/wasm/isolate-loader.ts';
import type { Skeleton, SkeletonTurn } from '../skeleton.ts';

interface Bindings {
  readonly LOADER: WorkerLoader;
  readonly SESSIONS: DurableObjectNamespace<Session>;
  readonly LANES: DurableObjectNamespace<Lane>;
  readonly RECORDS: DurableObjectNamespace<Records>;
}

interface Plugin {
  run(job: { readonly input: string }): Promise<{ readonly output: string }>;
}

const EMPTY_PLUGIN = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint { run({ input }) { return { output: input }; } }`;

/** As long as the record waits for the events of others, in milliseconds. */
const GATHER_MS = 10;

/** What a turn leaves in its journal and history, and in its outbox: some four and three kilobytes. */
const JOURNAL_ROW = 'j'.repeat(4_096);
const OUTBOX_ROW = 'o'.repeat(3_072);

/** Six events, half a kilobyte each. */
const EVENTS = Array.from({ length: 6 }, () => 'e'.repeat(512));

const ANSWER = 'a'.repeat(600);

export class Session extends DurableObject<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS journal (n INTEGER PRIMARY KEY, body TEXT)');
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY, body TEXT)');
  }

  async runTurn({ commits, call, record }: Skeleton): Promise<{ output: string }> {
    if (commits === 2) this.#commit(2);
    if (call !== 'none') await this.env.LANES.getByName('lane').run(ANSWER, call === 'isolate');
    if (commits > 0) this.#commit(commits);
    if (record) this.ctx.waitUntil(this.env.RECORDS.getByName('records').append(EVENTS));
    return { output: ANSWER };
  }

  /** Half of it all, if it is written in two commits. */
  #commit(parts: number): void {
    const { sql } = this.ctx.storage;
    const share = (row: string): string => row.slice(0, row.length / parts);
    this.ctx.storage.transactionSync(() => {
      sql.exec('INSERT INTO journal (body) VALUES (?)', share(JOURNAL_ROW));
      sql.exec('INSERT INTO outbox (body) VALUES (?)', share(OUTBOX_ROW));
    });
  }
}

export class Lane extends DurableObject<Bindings> {
  #plugin: Plugin | undefined;

  async run(input: string, isIsolated: boolean): Promise<{ output: string }> {
    if (!isIsolated) return { output: input };
    this.#plugin ??= this.env.LOADER.get('empty', () => ({
      ...ISOLATE_OPTIONS,
      mainModule: 'empty.js',
      modules: { 'empty.js': EMPTY_PLUGIN },
    })).getEntrypoint() as unknown as Plugin;
    const { output } = await this.#plugin.run({ input });
    return { output };
  }
}

export class Records extends DurableObject<Bindings> {
  readonly #appending = new Gatherer<readonly string[], number>({
    transact: (change) => this.ctx.storage.transactionSync(change),
    perform: (events) => this.#append(events),
    delayMs: GATHER_MS,
  });

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS records (n INTEGER PRIMARY KEY, event TEXT)');
  }

  append(events: readonly string[]): Promise<number> {
    return this.#appending.add(events);
  }

  #append(events: readonly string[]): number {
    for (const event of events) {
      this.ctx.storage.sql.exec('INSERT INTO records (event) VALUES (?)', event);
    }
    return events.length;
  }
}

export default {
  async fetch(request: Request, { SESSIONS }: Bindings): Promise<Response> {
    if (request.method !== 'POST') return new Response();
    const turn = (await request.json()) as SkeletonTurn;
    return Response.json(await SESSIONS.getByName(turn.session).runTurn(turn));
  },
} satisfies ExportedHandler<Bindings>;
