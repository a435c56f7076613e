/**
 * One call on its way through a lane, and what may end it before its time.
 *
 * @module
 */

import { MAX_WASM_WAIT_MS } from '../../core/manifest/wasm-limits.ts';
import { joinLabels, type Label, LOWEST_LABEL } from '../../core/policy/labels.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import type { WasmClaims } from './admit-ticket.ts';
import { CallSecrets } from './call-secrets.ts';
import type { PluginFailure } from './isolate/plugin-protocol.ts';

export class LaneCall {
  readonly claims: WasmClaims;
  readonly secrets: CallSecrets;
  /** Resolves when the call is ended from outside; never for one that runs to its own end. */
  readonly whenEnded: Promise<PluginFailure>;
  readonly #resolveEnded: (reason: PluginFailure) => void;
  readonly #abort = new AbortController();
  #endReason: PluginFailure | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #queueTimer: ReturnType<typeof setTimeout> | undefined;
  #startedAt = 0;
  #read: Label = LOWEST_LABEL;

  constructor(claims: WasmClaims, config: JsonObject | undefined) {
    this.claims = claims;
    this.secrets = new CallSecrets(config);
    const { promise, resolve } = Promise.withResolvers<PluginFailure>();
    this.whenEnded = promise;
    this.#resolveEnded = resolve;
  }

  /** Aborts what the call has under way in the world. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get endReason(): PluginFailure | undefined {
    return this.#endReason;
  }

  /** Join over what it has read through its host. */
  get read(): Label {
    return this.#read;
  }

  /** Notes that it has read something with this label. */
  hear(label: Label): void {
    this.#read = joinLabels(this.#read, label);
  }

  /** Milliseconds since it began to run; 0 before. */
  get durationMs(): number {
    return this.#startedAt === 0 ? 0 : Date.now() - this.#startedAt;
  }

  /** Before it waits for its turn to run: for so long, and never beyond its deadline. */
  watchTheQueue(): void {
    const leftMs = Math.min(MAX_WASM_WAIT_MS, this.claims.deadlineAt - Date.now());
    this.#queueTimer = setTimeout(() => this.end('deadline'), Math.max(0, leftMs));
  }

  begin(): void {
    clearTimeout(this.#queueTimer);
    this.#startedAt = Date.now();
  }

  /** Ends the call; the first reason stands. */
  end(reason: PluginFailure): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    this.#resolveEnded(reason);
    this.#abort.abort();
  }

  /**
   * Sets the alarm for its time limit, once. A call that never waits needs none: no timer could
   * interrupt it, and its fuel is what ends it.
   */
  watchTheClock(): void {
    if (this.#timer !== undefined) return;
    const { deadlineAt, wasm } = this.claims;
    const endAt = Math.min(deadlineAt, this.#startedAt + wasm.limits.timeoutMs);
    this.#timer = setTimeout(() => this.end('timeout'), Math.max(0, endAt - Date.now()));
  }

  /** To be called when the call is over, for whatever reason. */
  release(): void {
    clearTimeout(this.#queueTimer);
    clearTimeout(this.#timer);
  }
}
