/**
 * What a plugin has logged in its latest call or start: the first thing an author asks after a failure.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { ask, type GatewayAddress } from './gateway-client.ts';

/** Most lines that are shown of one call. */
const MAX_LINES = 20;

export interface LatestLog {
  /** Tells it from others: a call that says nothing leaves the one before as the latest. */
  readonly of: string;
  /** One line each, with its level. */
  readonly lines: readonly string[];
}

/** Empty, if the gateway does not say. */
export async function readLatestLog(gateway: GatewayAddress, plugin: string): Promise<LatestLog> {
  const { status, body } = await ask(gateway, `GET /v1/plugins/${plugin}/logs`);
  const [latest] = status === 200 ? objectsIn(body.calls) : [];
  const lines = objectsIn(latest?.lines)
    .slice(0, MAX_LINES)
    .flatMap(({ level, text }) =>
      String(text)
        .split('\n')
        .map((line) => `${level}: ${line}`),
    );
  return { of: `${latest?.at} ${latest?.callKey}`, lines };
}

function objectsIn(value: JsonValue | undefined) {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
