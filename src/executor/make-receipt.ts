/**
 * Receipts: how a call ended, as numbers and hashes, signed with the key of this machine.
 *
 * @module
 */

import {
  type ExecutorReceipt,
  MAX_RECEIPT_HOSTS,
  parseReceipt,
  RECEIPT_CONTEXT,
  receiptText,
} from '../core/executor-protocol/executor-receipt.ts';
import type { AcceptedCall, FinishedCall } from './call-ledger.ts';
import type { ConnectionRecord, EgressReport } from './egress-proxy/egress-report.ts';
import type { Identity } from './identity.ts';
import { signText } from './identity.ts';
import type { JobEnd } from './job.ts';
import { sha256Text } from './sha256.ts';

export interface TimedEnd extends JobEnd {
  readonly durationMs: number;
}

export function finishCall(
  { node, privateKey }: Pick<Identity, 'node' | 'privateKey'>,
  call: Omit<AcceptedCall, 'ticketId'>,
  ended: TimedEnd,
): FinishedCall {
  const { callKey, ticketHash, codeHash, argumentHash } = call;
  const { outcome, output, end, truncated, durationMs } = ended;
  const text = receiptText({
    ...{ node, callKey, ticketHash, codeHash, argumentHash, outcome, truncated },
    outputHash: sha256Text(output ?? ''),
    outputBytes: Buffer.byteLength(output ?? ''),
    durationMs: Math.round(durationMs),
    ...factsOf(end),
    ...networkOf(ended.network),
  });
  const signature = signText(privateKey, RECEIPT_CONTEXT + text);
  return { callKey, receipt: text, signature, ...(output !== undefined && { output }) };
}

/**
 * What can still be said of a call: one that ended well, and whose output is not kept any more, has run,
 * and what came of it is `unknown`.
 */
export function asKept(
  { privateKey }: Pick<Identity, 'privateKey'>,
  end: FinishedCall,
): FinishedCall {
  const kept = end.output === undefined ? parseReceipt(end.receipt) : undefined;
  if (kept?.outcome !== 'ok') return end;
  const nothing = { outputHash: sha256Text(''), outputBytes: 0 };
  const text = receiptText({ ...kept, ...nothing, outcome: 'unknown' });
  const signature = signText(privateKey, RECEIPT_CONTEXT + text);
  return { callKey: end.callKey, receipt: text, signature };
}

function factsOf(end: JobEnd['end']): Partial<ExecutorReceipt> {
  if (end === undefined) return {};
  const { exitCode, signal, cpuMs, peakMemoryBytes } = end;
  return {
    ...(exitCode !== undefined && { exitCode }),
    ...(signal !== undefined && { signal }),
    ...(cpuMs !== undefined && { cpuMs: Math.round(cpuMs) }),
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
  };
}

type Network = Pick<ExecutorReceipt, 'hosts' | 'hostsLeftOut' | 'refusedConnections'>;

/** A connection that reached its host has moved bytes; all others were refused or came to nothing. */
function networkOf(report: EgressReport | undefined): Network {
  const { connections = [], turnedAway = 0 } = report ?? {};
  const reached = connections.filter(({ bytesUp, bytesDown }) => bytesUp + bytesDown > 0);
  const byHost = Map.groupBy(reached, ({ host, port }) => `${host} ${port}`);
  const hosts = [...byHost.values()].flatMap(sumUp);
  return {
    hosts: hosts.slice(0, MAX_RECEIPT_HOSTS),
    hostsLeftOut: Math.max(0, hosts.length - MAX_RECEIPT_HOSTS),
    refusedConnections: connections.length - reached.length + turnedAway,
  };
}

function sumUp(records: readonly ConnectionRecord[]): Network['hosts'] {
  const [first] = records;
  if (first?.host === undefined || first.port === undefined) return [];
  const total = (count: (record: ConnectionRecord) => number) =>
    records.reduce((sum, record) => sum + count(record), 0);
  return [
    {
      host: first.host,
      port: first.port,
      connections: records.length,
      sentBytes: total(({ bytesUp }) => bytesUp),
      receivedBytes: total(({ bytesDown }) => bytesDown),
    },
  ];
}
