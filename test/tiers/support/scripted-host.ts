/** A host whose answers a test has written down; it grants nothing that it was not told to. */

import { RpcTarget } from 'cloudflare:workers';
import type { StorageRequest } from '../../../src/blocks/storage/storage-api.ts';
import type {
  PluginAnswer,
  PluginRequest,
  StorageReply,
} from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import type { LaneHost } from '../../../src/tiers/wasm/plugin-runner.ts';

const DENIED = { kind: 'ended', reason: 'host_denied' } as const;

export class ScriptedHost extends RpcTarget implements LaneHost {
  readonly requests: PluginRequest[] = [];
  readonly stored: StorageRequest[] = [];
  wasAsked = false;
  readonly #answer: PluginAnswer;
  readonly #reply: (request: StorageRequest) => StorageReply;

  constructor(
    answer: PluginAnswer = DENIED,
    reply: (request: StorageRequest) => StorageReply = () => DENIED,
  ) {
    super();
    this.#answer = answer;
    this.#reply = reply;
  }

  async http(request: PluginRequest): Promise<PluginAnswer> {
    this.wasAsked = true;
    this.requests.push(request);
    return this.#answer;
  }

  async storage(request: StorageRequest): Promise<StorageReply> {
    this.wasAsked = true;
    this.stored.push(request);
    return this.#reply(request);
  }
}
