/**
 * What a sandbox did on the network: one record for each connection, refused ones included. It goes
 * into the receipt of the call, so it holds hosts in their canonical spelling only, and nothing
 * that a plugin wrote.
 *
 * @module
 */

/** How a client spoke to the proxy. */
export type EgressProtocol = 'unknown' | 'http' | 'websocket' | 'connect' | 'socks5' | 'secret';

/** Why the proxy said no. */
export type EgressRefusal =
  | 'head_malformed'
  | 'head_timeout'
  | 'target_malformed'
  | 'not_granted'
  | 'address_not_public'
  | 'name_unresolved'
  | 'server_name_mismatch'
  | 'protocol_unknown'
  | 'host_mismatch'
  | 'upgrade_refused'
  | 'method_refused'
  | 'command_refused'
  | 'secret_unknown';

/** What ended a connection that had been let through. */
export type EgressEnd =
  | 'completed'
  | 'client_gone'
  | 'connect_failed'
  | 'upstream_failed'
  | 'bytes_up_exceeded'
  | 'bytes_down_exceeded'
  | 'idle_timeout'
  | 'sandbox_ended';

export type EgressOutcome = EgressRefusal | EgressEnd;

export interface ConnectionRecord {
  readonly protocol: EgressProtocol;
  /** Absent where the client named no host that has a canonical spelling. */
  readonly host?: string;
  readonly port?: number;
  readonly outcome: EgressOutcome;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly durationMs: number;
}

export interface EgressReport {
  /** In the order in which they ended; at most `maxConnections`. */
  readonly connections: readonly ConnectionRecord[];
  /** Connections closed at once because too many had been made, or were open. */
  readonly turnedAway: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}
