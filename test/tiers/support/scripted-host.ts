/** A host whose answers a test has written down; it grants nothing that it was not told to. */

import { RpcTarget } from 'cloudflare:workers';
import type { StorageRequest } from '../../../src/blocks/storage/storage-api.ts';
import type {
  PluginAnswer,
  PluginHost,
  PluginRequest,
  StorageReply,
} from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';

const DENIED = { kind: 'ended', reason: 'host_denied' } as const;

export class ScriptedHost extends RpcTarget implements PluginHost {
  readonly requests: PluginRequest[] = [];
  readonly stored: StorageRequest[] = [];
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
    this.requests.push(request);
    return this.#answer;
  }

  async storage(request: StorageRequest): Promise<StorageReply> {
    this.stored.push(request);
    return this.#reply(request);
  }
}
