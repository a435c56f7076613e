/**
 * Opens connections to the outside: resolve, judge, dial what was judged, and count from the first
 * byte on.
 *
 * @module
 */

import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { HostPort } from '../../core/capabilities/resource.ts';
import type { TargetRules } from './decide-target.ts';
import type { EgressConnection } from './egress-ledger.ts';
import type { EgressLimits } from './egress-order.ts';
import { EgressStop } from './egress-stop.ts';
import { MeteredStream } from './metered-stream.ts';
import { type Resolver, resolvePublic } from './resolve-public.ts';

/** Begins a TCP connection to an address, never to a name. */
export type Connect = (address: string, port: number) => Socket;

export interface Outside {
  readonly resolve: Resolver;
  readonly connect: Connect;
}

/** Dials for one sandbox. */
export class Dialler {
  readonly #outside: Outside;
  readonly #rules: TargetRules;
  readonly #limits: EgressLimits;

  constructor(outside: Outside, rules: TargetRules, limits: EgressLimits) {
    this.#outside = outside;
    this.#rules = rules;
    this.#limits = limits;
  }

  /** Does not ask whether the target is granted. Throws {@link EgressStop}. */
  async dial(target: HostPort, connection: EgressConnection): Promise<MeteredStream> {
    const addresses = await resolvePublic(target, {
      resolve: this.#outside.resolve,
      timeoutMs: this.#limits.connectTimeoutMs,
      isPrivateHost: this.#rules.isPrivateHost(target),
    });
    for (const address of addresses) {
      const socket = await this.#tryAddress(address, target.port);
      if (socket !== undefined) {
        const stream = new MeteredStream(socket, connection, this.#limits.idleTimeoutMs);
        connection.own(stream);
        return stream;
      }
    }
    throw new EgressStop('connect_failed');
  }

  async #tryAddress(address: string, port: number): Promise<Socket | undefined> {
    const socket = this.#outside.connect(address, port);
    try {
      const signal = AbortSignal.timeout(this.#limits.connectTimeoutMs);
      await once(socket, 'connect', { signal });
      return socket;
    } catch {
      socket.on('error', () => undefined).destroy();
      return undefined;
    }
  }
}
