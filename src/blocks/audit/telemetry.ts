/**
 * Sends records to an OpenTelemetry collector as spans, batched and behind everything else: what it
 * answers, or that it does not, holds nothing up.
 *
 * @module
 */

import { toOtlp } from '../../core/audit/to-otlp.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { Timers } from '../kit/timers.ts';
import { within } from '../kit/within.ts';
import type { ChainStore } from './chain-store.ts';

export const TELEMETRY_TIMER = 'telemetry';

/** How long records wait for others to go with, in milliseconds. */
const SEND_AFTER_MS = 1_000;

/** Records sent in one request. */
const BATCH = 200;

/** How long a collector may take, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** While it cannot be reached, so many records wait; older ones are left out. */
const MAX_WAITING = 100_000;

interface TelemetryParts {
  readonly workspace: string;
  readonly sql: SqlStorage;
  readonly chain: ChainStore;
  readonly timers: Timers;
  readonly env: Pick<BlockBindings, 'SALLYPORT_OTLP_ENDPOINT' | 'SALLYPORT_OTLP_AUTHORIZATION'>;
}

export class Telemetry {
  readonly #parts: TelemetryParts;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
  }

  createTable(): void {
    this.#parts.sql.exec('CREATE TABLE IF NOT EXISTS telemetry (sent_to INTEGER NOT NULL) STRICT');
  }

  /** Part of the transaction that adds records. */
  wake(): void {
    const { env, timers } = this.#parts;
    if (env.SALLYPORT_OTLP_ENDPOINT === undefined) return;
    timers.setLatest(TELEMETRY_TIMER, Date.now() + SEND_AFTER_MS);
  }

  /** What the timer does. Rejects when the collector does not take it; then it is set again, later. */
  async send(): Promise<void> {
    const { chain, sql, env } = this.#parts;
    const endpoint = env.SALLYPORT_OTLP_ENDPOINT;
    if (endpoint === undefined) return;
    for (;;) {
      const after = Math.max(this.#sentTo(), chain.head().seq - MAX_WAITING);
      const { records } = chain.select({ after, limit: BATCH });
      const last = records.at(-1);
      if (last === undefined) return;
      await this.#post(endpoint, JSON.stringify(toOtlp(records, this.#parts.workspace)));
      sql.exec('DELETE FROM telemetry');
      sql.exec('INSERT INTO telemetry VALUES (?)', last.seq);
    }
  }

  async #post(endpoint: string, body: string): Promise<void> {
    const authorization = this.#parts.env.SALLYPORT_OTLP_AUTHORIZATION;
    const headers = {
      'Content-Type': 'application/json',
      ...(authorization !== undefined && { Authorization: authorization }),
    };
    const response = await within(TIMEOUT_MS, async (signal) => {
      const init = { method: 'POST', headers, body, redirect: 'manual', signal } as const;
      const answer = await fetch(endpoint, init);
      await answer.body?.cancel();
      return answer;
    });
    if (!response.ok) {
      throw new Fault(
        'internal',
        `Cannot send telemetry: the collector answered ${response.status}`,
      );
    }
  }

  #sentTo(): number {
    const [row] = this.#parts.sql
      .exec<{ sent_to: number }>('SELECT sent_to FROM telemetry')
      .toArray();
    return row?.sent_to ?? 0;
  }
}
