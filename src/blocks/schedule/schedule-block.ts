/**
 * The schedules of a workspace: what is due when, and what became of it.
 *
 * An object without schedules, or whose schedules are all over, has no alarm. This class is the RPC
 * surface and nothing more.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { nextRunOf } from '../../core/schedules/next-run.ts';
import { firstRunOf } from '../../core/schedules/plan-run.ts';
import { MAX_SCHEDULES, MAX_SCHEDULES_OF_CREATOR } from '../../core/schedules/schedule-spec.ts';
import { workspaceOf } from '../kit/address.ts';
import { appendToChain } from '../kit/append-to-chain.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Changes } from '../kit/changes.ts';
import { Outbox } from '../kit/outbox.ts';
import { Sealing } from '../kit/sealing.ts';
import { Tables } from '../kit/tables.ts';
import { Timers } from '../kit/timers.ts';
import { TurnEndings } from '../session/turn-endings.ts';
import { beginDueRuns, beginNow, giveUpOpenRuns } from './begin-runs.ts';
import { carryOut, orderEnd } from './carry-out-run.ts';
import { GiveBackStore } from './give-back-store.ts';
import type {
  CreateSchedule,
  NotCreated,
  ScheduleApi,
  ScheduleDescription,
} from './schedule-api.ts';
import { describeSchedule, type ScheduleParts } from './schedule-parts.ts';
import { ScheduleStore, type StoredSchedule } from './schedule-store.ts';
import { giveBack } from './take-messages.ts';

/** The name under which the outbox stands in the workspace's chain. */
const SOURCE = 'schedules';

const WORK_TIMER = 'work';

/** How soon, and how late at most, a run is looked after again, in milliseconds. */
const SOONEST_MS = 500;
const LATEST_MS = 30_000;

export class ScheduleBlock extends DurableObject<BlockBindings> implements ScheduleApi {
  readonly #sealing: Sealing;
  readonly #parts: ScheduleParts;
  readonly #changes: Changes;
  readonly #timers: Timers;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    const tables = new Tables(ctx.storage.sql);
    this.#sealing = new Sealing({ env, ctx, tables, kind: 'schedules' });
    this.#timers = new Timers(ctx.storage, { [WORK_TIMER]: () => this.#work() });
    this.#parts = this.#assemble();
    this.#changes = new Changes(ctx.storage, {
      forgetMemory: () => {
        this.#timers.forget();
        this.#parts.outbox.forget();
        this.#sealing.forget();
      },
      flush: () => this.#setTimer(),
    });
    ctx.storage.transactionSync(() => {
      this.#parts.schedules.createTables();
      this.#parts.giveBacks.createTable();
      this.#parts.endings.createTable();
      this.#parts.outbox.createTable();
      this.#timers.createTable();
    });
    this.#sealing.begin(() => this.#timers.restore());
  }

  override async alarm(): Promise<void> {
    await this.#timers.alarm(Date.now());
  }

  async create(request: CreateSchedule): Promise<ScheduleDescription | NotCreated> {
    await this.#sealing.ask();
    const { schedules, now } = this.#parts;
    const { spec, creator, requestId } = request;
    const known = schedules.find(spec.name);
    if (known?.requestId === requestId) return describeSchedule(this.#parts, known);
    if (known !== undefined) return 'taken';
    if (!this.#hasRoom(toPrincipalName(creator))) return 'too-many';
    const nextAt = firstRunOf(spec, now());
    const schedule: StoredSchedule = {
      ...{ ...request, createdAt: now(), isPaused: false },
      ...(nextAt !== undefined && { nextAt }),
    };
    this.#parts.transact(() => {
      schedules.put(schedule);
      this.#record('schedule-created', spec.name, { name: toPrincipalName(creator), requestId });
    });
    return describeSchedule(this.#parts, schedule);
  }

  async list(): Promise<readonly ScheduleDescription[]> {
    return this.#parts.schedules.all().map((schedule) => describeSchedule(this.#parts, schedule));
  }

  async find(name: string): Promise<ScheduleDescription | undefined> {
    const schedule = this.#parts.schedules.find(name);
    return schedule && describeSchedule(this.#parts, schedule);
  }

  async remove(actor: NamedActor, name: string): Promise<boolean> {
    const schedule = this.#parts.schedules.find(name);
    if (schedule === undefined) return false;
    const open = this.#parts.schedules.openRuns().filter((run) => run.name === name);
    this.#parts.transact(() => {
      giveUpOpenRuns(this.#parts, schedule);
      for (const { run } of open) orderEnd(this.#parts, schedule, { run, by: actor });
      this.#parts.schedules.remove(name);
      this.#record('schedule-removed', name, actor);
    });
    await this.#parts.endings.settle(this.env);
    return true;
  }

  async setPaused(
    actor: NamedActor,
    name: string,
    isPaused: boolean,
  ): Promise<ScheduleDescription | undefined> {
    const schedule = this.#parts.schedules.find(name);
    if (schedule === undefined) return undefined;
    // What is due at this moment is not passed over for it.
    if (schedule.isPaused === isPaused) return describeSchedule(this.#parts, schedule);
    const { nextAt: _, ...facts } = schedule;
    const nextAt = isPaused ? undefined : nextRunOf(schedule.spec.when, this.#parts.now());
    const changed = { ...facts, isPaused, ...(nextAt !== undefined && { nextAt }) };
    this.#parts.transact(() => {
      this.#parts.schedules.put(changed);
      this.#record(isPaused ? 'schedule-paused' : 'schedule-resumed', name, actor);
    });
    return describeSchedule(this.#parts, changed);
  }

  async runNow(actor: NamedActor, name: string): Promise<boolean | undefined> {
    const schedule = this.#parts.schedules.find(name);
    if (schedule === undefined) return undefined;
    return this.#parts.transact(() => {
      const isBegun = beginNow(this.#parts, schedule);
      if (isBegun) this.#record('schedule-started', name, actor);
      return isBegun;
    });
  }

  #hasRoom(creator: string): boolean {
    const { schedules } = this.#parts;
    const count = schedules.count();
    if (count < MAX_SCHEDULES_OF_CREATOR || count >= MAX_SCHEDULES) return count < MAX_SCHEDULES;
    const own = schedules.all().filter((each) => toPrincipalName(each.creator) === creator);
    return own.length < MAX_SCHEDULES_OF_CREATOR;
  }

  /** Runs are looked after side by side; one that fails keeps nobody waiting, and is tried again. */
  async #work(): Promise<void> {
    await this.#sealing.ask();
    beginDueRuns(this.#parts);
    await Promise.allSettled(
      this.#parts.schedules.openRuns().map(({ name, run }) => carryOut(this.#parts, name, run)),
    );
    // After the runs: one that was removed may have begun its turn all the same.
    await giveBack(this.#parts);
    await this.#parts.endings.settle(this.env);
    await this.#drain();
    this.#setTimer();
  }

  /** Part of a transaction, or of the alarm. */
  #setTimer(): void {
    const { schedules, giveBacks, endings, outbox, now } = this.#parts;
    const open = schedules.openDueAts().map((dueAt) => lookAgainAt(dueAt, now()));
    const unsent = outbox.isEmpty() ? [] : [now() + LATEST_MS];
    const owed = [giveBacks.nextAt(), endings.nextAt()].filter((at) => at !== undefined);
    const next = schedules.nextAt() ?? Number.POSITIVE_INFINITY;
    const at = Math.min(next, ...open, ...unsent, ...owed);
    if (Number.isFinite(at)) this.#timers.set(WORK_TIMER, at);
    else this.#timers.clear(WORK_TIMER);
  }

  #assemble(): ScheduleParts {
    const { sql } = this.ctx.storage;
    const workspace = workspaceOf(this.ctx);
    const outbox = new Outbox(sql);
    const now = () => Date.now();
    return {
      ...{
        workspace,
        env: this.env,
        schedules: new ScheduleStore(sql, this.#sealing),
        giveBacks: new GiveBackStore(sql, now),
        endings: new TurnEndings(sql, now),
        outbox,
        now,
      },
      transact: (change) => this.#transact(change),
      record: (event) => outbox.add([{ ...event, at: now() }], now()),
    };
  }

  #transact<T>(change: () => T): T {
    const result = this.#changes.make(change);
    this.ctx.waitUntil(this.#drain());
    return result;
  }

  #record(
    action: Parameters<ScheduleParts['record']>[0]['action'],
    schedule: string,
    { name, requestId }: NamedActor,
  ): void {
    this.#parts.record({ action, decision: 'allowed', actor: name, requestId, schedule });
  }

  /** Never rejects: what is left is sent by the alarm. */
  async #drain(): Promise<void> {
    const { outbox, workspace } = this.#parts;
    if (outbox.isEmpty()) return;
    await outbox.drain(appendToChain(this.env, workspace, SOURCE)).catch(() => undefined);
  }
}

/** The longer a run takes, the less often it is asked after. */
function lookAgainAt(dueAt: number, now: number): number {
  return now + Math.min(LATEST_MS, Math.max(SOONEST_MS, (now - dueAt) / 4));
}
