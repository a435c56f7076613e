/**
 * How an HTTP client is told no. The reason is one of a closed list, so that a plugin's author can
 * find out which grant is missing; nothing about the outside is told.
 *
 * @module
 */

import { STATUS_CODES } from 'node:http';
import type { EgressOutcome } from './egress-report.ts';

const STATUSES: Partial<Record<EgressOutcome, number>> = {
  head_malformed: 400,
  target_malformed: 400,
  name_unresolved: 502,
  connect_failed: 502,
  upstream_failed: 502,
  idle_timeout: 504,
};

/** 403 for whatever is not allowed. */
export function statusOf(outcome: EgressOutcome): number {
  return STATUSES[outcome] ?? 403;
}

export function refusalFields(outcome: EgressOutcome): Record<string, string> {
  return { 'Sallyport-Refusal': outcome, 'Content-Length': '0', Connection: 'close' };
}

/** The whole answer, where there is no response object to write it with. */
export function writeRefusal(outcome: EgressOutcome): string {
  const status = statusOf(outcome);
  const fields = Object.entries(refusalFields(outcome)).map(([name, value]) => `${name}: ${value}`);
  return `${[`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...fields].join('\r\n')}\r\n\r\n`;
}
