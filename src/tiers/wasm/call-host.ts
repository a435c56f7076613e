/**
 * What one running call may ask of its lane: the other end of `PluginHost`.
 *
 * While the plugin waits, other calls run. A call that has ended gets no answer that would let it
 * go on.
 *
 * @module
 */

import { RpcTarget } from 'cloudflare:workers';
import { type HttpGate, sendForPlugin } from './host-http.ts';
import type { PluginAnswer, PluginHost, PluginRequest } from './isolate/plugin-protocol.ts';
import type { LaneCall } from './lane-call.ts';
import type { Pass } from './turnstile.ts';

/** Most requests of one call, each of which may be redirected. */
export const MAX_HTTP_REQUESTS = 20;

export class CallHost extends RpcTarget implements PluginHost {
  readonly #call: LaneCall;
  readonly #pass: Pass;
  readonly #gate: HttpGate;
  #requestsLeft = MAX_HTTP_REQUESTS;

  constructor(call: LaneCall, pass: Pass, gate: HttpGate) {
    super();
    this.#call = call;
    this.#pass = pass;
    this.#gate = gate;
  }

  async http(request: PluginRequest): Promise<PluginAnswer> {
    const call = this.#call;
    call.watchTheClock();
    if (call.endReason !== undefined) return { kind: 'ended', reason: call.endReason };
    if (this.#requestsLeft === 0) return { kind: 'ended', reason: 'host_denied' };
    this.#requestsLeft -= 1;

    this.#pass.pause();
    const ended = call.whenEnded.then((reason) => ({ kind: 'ended', reason }) as const);
    const answer = await Promise.race([this.#send(request), ended]);
    await Promise.race([this.#pass.resume(), ended]);
    return call.endReason === undefined ? answer : { kind: 'ended', reason: call.endReason };
  }

  /** Fails closed: what could not be asked was not allowed. */
  async #send(request: PluginRequest): Promise<PluginAnswer> {
    try {
      return await sendForPlugin(request, this.#gate);
    } catch {
      return { kind: 'ended', reason: 'host_denied' };
    }
  }
}
