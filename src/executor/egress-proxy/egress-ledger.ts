/**
 * Counts what one sandbox uses of the network, and keeps a record of each connection.
 *
 * @module
 */

import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import type { HostPort } from '../../core/capabilities/resource.ts';
import type { EgressLimits } from './egress-order.ts';
import type {
  ConnectionRecord,
  EgressOutcome,
  EgressProtocol,
  EgressReport,
} from './egress-report.ts';

export type Direction = 'up' | 'down';

export class EgressLedger {
  readonly #limits: EgressLimits;
  readonly #spent = { up: 0, down: 0 };
  readonly #records: ConnectionRecord[] = [];
  #admitted = 0;
  #open = 0;
  #turnedAway = 0;

  constructor(limits: EgressLimits) {
    this.#limits = limits;
  }

  /** A new connection, or nothing when too many have been made or are open. */
  admit(): EgressConnection | undefined {
    const { maxConnections, maxOpenConnections } = this.#limits;
    if (this.#admitted >= maxConnections || this.#open >= maxOpenConnections) {
      this.#turnedAway += 1;
      return undefined;
    }
    this.#admitted += 1;
    this.#open += 1;
    return new EgressConnection(this);
  }

  /** Whether these bytes may still pass. Refused ones are not counted, since they do not pass. */
  spend(direction: Direction, bytes: number): boolean {
    const { maxBytesUp, maxBytesDown } = this.#limits;
    const limit = direction === 'up' ? maxBytesUp : maxBytesDown;
    if (this.#spent[direction] + bytes > limit) return false;
    this.#spent[direction] += bytes;
    return true;
  }

  close(record: ConnectionRecord): void {
    this.#open -= 1;
    this.#records.push(record);
  }

  report(): EgressReport {
    return {
      connections: [...this.#records],
      turnedAway: this.#turnedAway,
      bytesUp: this.#spent.up,
      bytesDown: this.#spent.down,
    };
  }
}

/**
 * One connection while it lasts. The first {@link end} is the one that is recorded; the place that
 * the connection takes is free again only once its client is gone.
 */
export class EgressConnection {
  readonly #ledger: EgressLedger;
  readonly #startedAt = performance.now();
  readonly #bytes = { up: 0, down: 0 };
  #protocol: EgressProtocol = 'unknown';
  #target: HostPort | undefined;
  #outcome: EgressOutcome | undefined;
  #upstream: Duplex | undefined;
  #isReleased = false;

  constructor(ledger: EgressLedger) {
    this.#ledger = ledger;
  }

  speaks(protocol: EgressProtocol): void {
    this.#protocol = protocol;
  }

  /** Where the client wants to go, in canonical spelling, whether or not it may. */
  wants({ host, port }: HostPort): void {
    this.#target = { host, port };
  }

  /** Takes over what was opened for it: that ends with it, or at once if it is over already. */
  own(upstream: Duplex): void {
    this.#upstream = upstream;
    if (this.#isReleased) upstream.destroy();
  }

  spend(direction: Direction, bytes: number): boolean {
    if (!this.#ledger.spend(direction, bytes)) return false;
    this.#bytes[direction] += bytes;
    return true;
  }

  end(outcome: EgressOutcome): void {
    this.#outcome ??= outcome;
  }

  /** To be called once, when nothing can pass any more. */
  release(): void {
    this.#isReleased = true;
    this.#upstream?.destroy();
    this.#ledger.close({
      protocol: this.#protocol,
      ...this.#target,
      outcome: this.#outcome ?? 'client_gone',
      bytesUp: this.#bytes.up,
      bytesDown: this.#bytes.down,
      durationMs: Math.round(performance.now() - this.#startedAt),
    });
  }
}
