/**
 * What one running call may ask of its lane: the other end of `PluginHost`.
 *
 * While the plugin waits, other calls run. A call that has ended gets no answer that would let it
 * go on. What a call reads is noted with it as a label, which goes with all that comes of the call.
 *
 * @module
 */

import { RpcTarget } from 'cloudflare:workers';
import type { StorageRequest } from '../../blocks/storage/storage-api.ts';
import type { Label } from '../../core/policy/labels.ts';
import { sendForPlugin } from './host-http.ts';
import { storeForPlugin } from './host-storage.ts';
import type {
  PluginAnswer,
  PluginFailure,
  PluginRequest,
  StorageReply,
} from './isolate/plugin-protocol.ts';
import type { LaneCall } from './lane-call.ts';
import type { LaneHost } from './plugin-runner.ts';
import type { CallGate } from './session-gate.ts';
import type { Pass } from './turnstile.ts';

/** Most requests of one call, each of which may be redirected. */
export const MAX_HTTP_REQUESTS = 20;

/** Most that one call may ask of its storage. */
export const MAX_STORAGE_REQUESTS = 50;

/** What comes from the network was written by outsiders, and so was that nothing of it is an answer. */
const OUTSIDERS_LABEL: Label = { integrity: 'untrusted', confidentiality: 'public' };

type Ended = { readonly kind: 'ended'; readonly reason: PluginFailure };

export class CallHost extends RpcTarget implements LaneHost {
  /** A property of the object, which the other end cannot read. */
  wasAsked = false;
  readonly #call: LaneCall;
  readonly #pass: Pass;
  readonly #gate: CallGate;
  #httpLeft = MAX_HTTP_REQUESTS;
  #storageLeft = MAX_STORAGE_REQUESTS;

  constructor(call: LaneCall, pass: Pass, gate: CallGate) {
    super();
    this.#call = call;
    this.#pass = pass;
    this.#gate = gate;
  }

  http(request: PluginRequest): Promise<PluginAnswer> {
    this.#httpLeft -= 1;
    return this.#wait<PluginAnswer>(this.#httpLeft >= 0, async () => {
      const answer = await sendForPlugin(request, this.#gate.http);
      if (answer.kind !== 'ended') this.#call.hear(OUTSIDERS_LABEL);
      return answer;
    });
  }

  storage(request: StorageRequest): Promise<StorageReply> {
    this.#storageLeft -= 1;
    return this.#wait<StorageReply>(this.#storageLeft >= 0, async () => {
      const { reply, label } = await storeForPlugin(request, this.#gate.storage);
      this.#call.hear(label);
      return reply;
    });
  }

  /** Lets others run while `ask` is under way. */
  async #wait<Answer>(isWithinLimit: boolean, ask: () => Promise<Answer>): Promise<Answer | Ended> {
    this.wasAsked = true;
    const call = this.#call;
    call.watchTheClock();
    if (call.endReason !== undefined) return { kind: 'ended', reason: call.endReason };
    if (!isWithinLimit) return { kind: 'ended', reason: 'host_denied' };

    this.#pass.pause();
    const ended = call.whenEnded.then((reason) => ({ kind: 'ended', reason }) as const);
    const answer = await Promise.race([ask().catch(toDenied), ended]);
    await Promise.race([this.#pass.resume(), ended]);
    return call.endReason === undefined ? answer : { kind: 'ended', reason: call.endReason };
  }
}

/** Fails closed: what could not be asked was not allowed. */
function toDenied(): Ended {
  return { kind: 'ended', reason: 'host_denied' };
}
