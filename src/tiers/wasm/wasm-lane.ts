/**
 * The wasm lane of one workspace: the object through which all its Wasm calls pass.
 *
 * It runs nothing without a ticket, no ticket twice, none of a run that has been fenced off, and
 * one call at a time. It holds no authority of its own: what a running plugin asks of the world is
 * put to the session of its turn.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import { deriveKey } from '../../blocks/kit/keys.ts';
import { Sealing } from '../../blocks/kit/sealing.ts';
import { Tables } from '../../blocks/kit/tables.ts';
import type {
  PluginStart,
  RetiredVersion,
  StartPlugin,
  Withdrawal,
} from '../../blocks/workspace/lane-api.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { failedOutcome, type ToolOutcome } from '../../core/conversation/tool-result.ts';
import { parseWorkspaceId } from '../../core/primitives/ids.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import {
  admitTicket,
  type TicketOffice,
  type TicketRefusal,
  type WasmClaims,
} from './admit-ticket.ts';
import { BundledPlugins } from './bundled-plugins.ts';
import { CallHost } from './call-host.ts';
import type { PluginJob } from './isolate/plugin-protocol.ts';
import { IsolateLedger } from './isolate-ledger.ts';
import { IsolateLoader } from './isolate-loader.ts';
import { LaneCall } from './lane-call.ts';
import { awaitEnding, toOutcome } from './lane-outcome.ts';
import { LanePlugins } from './lane-plugins.ts';
import { LaneStore, RETENTION_MS } from './lane-store.ts';
import { loadCode } from './load-code.ts';
import { PluginIsolates } from './plugin-isolates.ts';
import { type PluginLog, PluginLogStore, type Spoken } from './plugin-log-store.ts';
import type { PluginRunner, PluginRunners } from './plugin-runner.ts';
import { createSessionGate, type SessionGate } from './session-gate.ts';
import { type Pass, Turnstile } from './turnstile.ts';
import { UsedTickets } from './used-tickets.ts';
import type { OtherLife, WasmLaneApi } from './wasm-lane-api.ts';
import type { WasmLaneBindings } from './wasm-tier-bindings.ts';
import { WithdrawnPlugins } from './withdrawn-plugins.ts';

/** How long an outcome waits for another write to go to disk with, in milliseconds. */
const WRITE_AFTER_MS = 100;

interface CallUnderWay {
  readonly call: LaneCall;
  readonly outcome: Promise<ToolOutcome>;
}

export class WasmLane extends DurableObject<WasmLaneBindings> implements WasmLaneApi {
  readonly #sealing: Sealing;
  readonly #store: LaneStore;
  readonly #logs: PluginLogStore;
  readonly #office: TicketOffice;
  readonly #turnstile = new Turnstile();
  readonly #runners: PluginRunners;
  readonly #plugins: LanePlugins;
  readonly #openGate: SessionGate;
  readonly #underWay = new Map<string, CallUnderWay>();
  /** The workspace whose lane this is, once a ticket has named it. */
  #workspace: string | undefined;
  #isCleanerArmed = false;
  #writing: ReturnType<typeof setTimeout> | undefined;

  constructor(ctx: DurableObjectState, env: WasmLaneBindings) {
    super(ctx, env);
    const { sql } = ctx.storage;
    this.#sealing = new Sealing({ env, ctx, tables: new Tables(sql), kind: 'lane' });
    this.#store = new LaneStore(sql, this.#sealing);
    this.#logs = new PluginLogStore(sql, this.#sealing);
    const withdrawn = new WithdrawnPlugins(sql);
    this.#office = {
      key: deriveKey(env.SALLYPORT_MASTER_KEY, 'ticket'),
      store: this.#store,
      used: new UsedTickets(),
      serves: (workspace) => this.#serves(workspace),
      isWithdrawn: (claims) => withdrawn.covers(claims),
    };
    this.#openGate = createSessionGate(env);
    this.#runners = createRunners(env, sql);
    this.#plugins = new LanePlugins({
      ...{ runners: this.#runners, turnstile: this.#turnstile, withdrawn },
      calls: () => [...this.#underWay.values()].map(({ call }) => call),
      keepLog: (spoken) => this.#keepStartLog(spoken),
    });
    this.#sealing.begin(() => undefined);
    ctx.blockConcurrencyWhile(async () => {
      this.#isCleanerArmed = (await ctx.storage.getAlarm()) !== null;
    });
  }

  async life(): Promise<string> {
    return this.#office.used.life;
  }

  async run(
    ticket: string,
    argumentsText: string,
    config?: JsonObject,
  ): Promise<ToolOutcome | OtherLife> {
    const offered = { ticket, argumentsText, config, now: Date.now() };
    const admitted = admitTicket(this.#office, offered);
    if (!admitted.ok) return this.#toRefusal(admitted.error);
    this.#armCleaner();
    // By the time it has an outcome, it is known how that is to be stored.
    this.#sealing.prepare()?.catch(() => undefined);
    const call = new LaneCall(admitted.value, config);
    const outcome = this.#runAndRecord(call, toJob(call, argumentsText));
    this.#underWay.set(call.claims.callKey, { call, outcome });
    // Whoever asked may be gone before the run is over; its outcome is recorded all the same.
    this.ctx.waitUntil(outcome);
    return outcome;
  }

  async recall(callKey: string): Promise<ToolOutcome | undefined> {
    const outcome = await this.#underWay.get(callKey)?.outcome.catch(() => undefined);
    return outcome ?? this.#store.outcome(callKey);
  }

  async cancel(callKey: string): Promise<void> {
    this.#underWay.get(callKey)?.call.end('cancelled');
  }

  async pluginLogs(plugin: string): Promise<readonly PluginLog[]> {
    await this.#sealing.ask();
    return this.#logs.read(plugin, Date.now());
  }

  async startPlugin(request: StartPlugin): Promise<PluginStart> {
    return this.#serves(request.workspace) ? this.#plugins.start(request) : 'ticket_refused';
  }

  async withdrawPlugins(withdrawals: readonly Withdrawal[]): Promise<void> {
    this.#plugins.withdraw(withdrawals);
  }

  async retireVersions(versions: readonly RetiredVersion[]): Promise<void> {
    await this.#plugins.retire(versions);
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    const expiries = [this.#logs.forgetExpired(now), this.#store.forgetExpired(now)];
    const next = Math.min(...expiries.map((at) => at ?? Number.POSITIVE_INFINITY));
    this.#isCleanerArmed = Number.isFinite(next);
    if (this.#isCleanerArmed) await this.ctx.storage.setAlarm(next);
  }

  /** A ticket of another workspace was sent to the wrong object, by whatever mistake. */
  #serves(workspace: string): boolean {
    if (workspace === this.#workspace) return true;
    if (!this.ctx.id.equals(this.env.WASM_LANES.idFromName(workspace))) return false;
    this.#workspace = workspace;
    return true;
  }

  #toRefusal(refusal: TicketRefusal): ToolOutcome | OtherLife {
    if (refusal !== 'other_life') return failedOutcome(refusal);
    return { kind: 'other-life', life: this.#office.used.life };
  }

  async #runAndRecord(call: LaneCall, job: PluginJob): Promise<ToolOutcome> {
    const { callKey } = call.claims;
    try {
      const outcome = await this.#run(call, job);
      this.#store.keep(callKey, outcome, Date.now());
      this.#writeSoon();
      return outcome;
    } finally {
      call.release();
      this.#underWay.delete(callKey);
    }
  }

  async #run(call: LaneCall, job: PluginJob): Promise<ToolOutcome> {
    call.watchTheQueue();
    const pass = await this.#turnstile.enter(call.claims.plugin, call.whenEnded);
    if (pass === undefined) return failedOutcome(call.endReason ?? 'deadline');
    let outcome = failedOutcome('unknown');
    try {
      if (call.endReason !== undefined) return failedOutcome(call.endReason);
      if (Date.now() >= call.claims.deadlineAt) return failedOutcome('deadline');
      outcome = await this.#runInside(call, job, pass);
      return outcome;
    } finally {
      pass.leave(outcome.cost.fuel);
    }
  }

  async #runInside(call: LaneCall, job: PluginJob, pass: Pass): Promise<ToolOutcome> {
    const { claims } = call;
    const runner = await this.#open(claims);
    if (runner === undefined) return failedOutcome('tier_unavailable');
    // Its plugin may have been stopped while its code was fetched.
    if (call.endReason !== undefined) return failedOutcome(call.endReason);
    call.begin();
    const host = new CallHost(call, pass, this.#openGate(call));
    const ending = await awaitEnding(call, runner.run(job, host));
    const { end: outcome, report } = ending;
    if (report?.logged) {
      const { sent } = call.secrets;
      this.#logs.keep({ claims, outcome, logged: report.logged, sent }, Date.now());
    }
    return toOutcome(call, ending);
  }

  /** Nothing has run yet, so code that cannot be had is no loss: the call may be made again. */
  async #open(claims: WasmClaims): Promise<PluginRunner | undefined> {
    const { memoryPages } = claims.wasm.limits;
    try {
      return await this.#runners.open({ ...claims, memoryPages });
    } catch {
      return undefined;
    }
  }

  #keepStartLog(spoken: Spoken): void {
    this.#logs.keep(spoken, Date.now());
    this.#armCleaner();
    this.#writeSoon();
  }

  #writeSoon(): void {
    this.#writing ??= setTimeout(() => {
      this.#writing = undefined;
      void this.#write();
    }, WRITE_AFTER_MS);
  }

  /** What cannot be sealed as the policy wants it is not written, and not told later. */
  async #write(): Promise<void> {
    try {
      const asked = this.#sealing.ask();
      if (asked !== undefined) await asked;
      this.#store.writeKept();
      this.#logs.writeKept();
    } catch {
      this.#store.dropUnwritten();
      this.#logs.dropUnwritten();
    }
  }

  /** One alarm sweeps for all rows; it sets the next one itself. */
  #armCleaner(): void {
    if (this.#isCleanerArmed) return;
    this.#isCleanerArmed = true;
    void this.ctx.storage.setAlarm(Date.now() + RETENTION_MS);
  }
}

function createRunners(env: WasmLaneBindings, sql: SqlStorage): PluginRunners {
  const { ASSETS, LOADER } = env;
  if (LOADER === undefined) return new BundledPlugins();
  return new PluginIsolates({
    loader: new IsolateLoader(LOADER, ASSETS),
    ledger: new IsolateLedger(sql),
    fetchCode: async (name) => {
      const id = parseWorkspaceId(name.workspace);
      return id && (await loadCode(openWorkspace(env, id), name));
    },
    now: () => Date.now(),
  });
}

function toJob({ claims, secrets }: LaneCall, input: string): PluginJob {
  const { plugin, tool, wasm } = claims;
  const { entry, limits } = wasm;
  const { settings } = secrets;
  return { plugin, tool, entry, input, limits, ...(settings && { config: settings }) };
}
