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
import { deriveKey, sha256Hex } from '../../blocks/kit/keys.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import { parseWorkspaceId } from '../../core/primitives/ids.ts';
import { admitTicket, type TicketOffice, type WasmClaims } from './admit-ticket.ts';
import { BundledPlugins } from './bundled-plugins.ts';
import { CallHost } from './call-host.ts';
import type { PluginFailure, PluginReport } from './isolate/plugin-protocol.ts';
import { LaneCall } from './lane-call.ts';
import { LaneStore, RETENTION_MS } from './lane-store.ts';
import { PluginIsolates } from './plugin-isolates.ts';
import type { PluginRunner, PluginRunners } from './plugin-runner.ts';
import { createSessionGate, type SessionGate } from './session-gate.ts';
import { type Pass, Turnstile } from './turnstile.ts';
import type { WasmLaneApi } from './wasm-lane-api.ts';
import type { WasmLaneBindings } from './wasm-tier-bindings.ts';

/** How long an outcome waits for another write to go to disk with, in milliseconds. */
const WRITE_AFTER_MS = 100;

interface CallUnderWay {
  readonly call: LaneCall;
  readonly outcome: Promise<ToolOutcome>;
}

export class WasmLane extends DurableObject<WasmLaneBindings> implements WasmLaneApi {
  readonly #store: LaneStore;
  readonly #office: TicketOffice;
  readonly #turnstile = new Turnstile();
  readonly #runners: PluginRunners;
  readonly #openGate: SessionGate;
  readonly #underWay = new Map<string, CallUnderWay>();
  /** The workspace whose lane this is, once a ticket has named it. */
  #workspace: string | undefined;
  #isCleanerArmed = false;
  #writing: ReturnType<typeof setTimeout> | undefined;

  constructor(ctx: DurableObjectState, env: WasmLaneBindings) {
    super(ctx, env);
    this.#store = new LaneStore(ctx.storage.sql);
    this.#office = {
      key: deriveKey(env.SALLYPORT_MASTER_KEY, 'ticket'),
      store: this.#store,
      serves: (workspace) => this.#serves(workspace),
    };
    this.#openGate = createSessionGate(env);
    this.#runners = createRunners(env);
    ctx.blockConcurrencyWhile(async () => {
      this.#isCleanerArmed = (await ctx.storage.getAlarm()) !== null;
    });
  }

  async run(ticket: string, argumentsText: string): Promise<ToolOutcome> {
    const admitted = admitTicket(this.#office, { ticket, argumentsText, now: Date.now() });
    if (!admitted.ok) return failed(admitted.error);
    this.#armCleaner();
    const call = new LaneCall(admitted.value);
    const outcome = this.#runAndRecord(call, argumentsText);
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

  override async alarm(): Promise<void> {
    const next = this.#store.forgetExpired(Date.now());
    this.#isCleanerArmed = next !== undefined;
    if (next !== undefined) await this.ctx.storage.setAlarm(next);
  }

  /** A ticket of another workspace was sent to the wrong object, by whatever mistake. */
  #serves(workspace: string): boolean {
    if (workspace === this.#workspace) return true;
    if (!this.ctx.id.equals(this.env.WASM_LANES.idFromName(workspace))) return false;
    this.#workspace = workspace;
    return true;
  }

  async #runAndRecord(call: LaneCall, input: string): Promise<ToolOutcome> {
    const { callKey } = call.claims;
    try {
      const outcome = await this.#run(call, input);
      this.#store.keep(callKey, outcome);
      this.#writeSoon();
      return outcome;
    } finally {
      call.release();
      this.#underWay.delete(callKey);
    }
  }

  async #run(call: LaneCall, input: string): Promise<ToolOutcome> {
    const pass = await this.#turnstile.enter();
    try {
      if (call.endReason !== undefined) return failed(call.endReason);
      if (Date.now() >= call.claims.deadlineAt) return failed('deadline');
      return await this.#runInside(call, input, pass);
    } finally {
      pass.leave();
    }
  }

  async #runInside(call: LaneCall, input: string, pass: Pass): Promise<ToolOutcome> {
    const { claims } = call;
    const runner = await this.#open(claims);
    if (runner === undefined) return failed('tier_unavailable');
    call.begin();
    const host = new CallHost(call, pass, this.#openGate(call));
    const { entry, limits } = claims.wasm;
    const report = await Promise.race([
      runner.run({ entry, input, limits }, host),
      call.whenEnded.then(toReport),
    ]);
    return toOutcome(claims, report, call.durationMs);
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

  #writeSoon(): void {
    this.#writing ??= setTimeout(() => {
      this.#writing = undefined;
      this.#store.writeKept();
    }, WRITE_AFTER_MS);
  }

  /** One alarm sweeps for all rows; it sets the next one itself. */
  #armCleaner(): void {
    if (this.#isCleanerArmed) return;
    this.#isCleanerArmed = true;
    void this.ctx.storage.setAlarm(Date.now() + RETENTION_MS);
  }
}

function createRunners(env: WasmLaneBindings): PluginRunners {
  const { LOADER } = env;
  if (LOADER === undefined) return new BundledPlugins();
  return new PluginIsolates({
    loader: LOADER,
    fetchCode: async ({ workspace, codeHash }) => {
      const id = parseWorkspaceId(workspace);
      return id && (await openWorkspace(env, id).code(codeHash));
    },
  });
}

function failed(reason: PluginFailure): ToolOutcome {
  return { kind: 'failed', reason, cost: { durationMs: 0 } };
}

/** Of a call that was ended from outside: what it used is not known yet. */
function toReport(end: PluginFailure): PluginReport {
  return { end, output: '', fuel: 0, memoryPages: 0, suspendedMs: 0 };
}

function toOutcome(claims: WasmClaims, report: PluginReport, durationMs: number): ToolOutcome {
  const { end, output, fuel, memoryPages, suspendedMs } = report;
  const cost = { durationMs, fuel, memoryPages, suspendedMs };
  if (end !== 'ok') return { kind: 'failed', reason: end, cost };
  const { codeHash, argumentHash, revision } = claims;
  const receipt = { codeHash, argumentHash, outputHash: sha256Hex(output), revision, fuel };
  return { kind: 'ok', output, cost, receipt };
}
