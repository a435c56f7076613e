/**
 * What one sandbox may reach, and how much of it. Everything is decided before the proxy opens its
 * socket: a running plugin cannot change it.
 *
 * @module
 */

import type { CapabilityRules } from '../../core/capabilities/capability-set.ts';
import type { HostPort } from '../../core/capabilities/resource.ts';

export interface EgressOrder {
  /** Unique for each run: names the folder of the socket. */
  readonly id: string;
  /**
   * Decides every host by `tool:network:http:<host>:<port>` and
   * `tool:network:websocket:<host>:<port>`. No pattern, no host.
   */
  readonly rules: CapabilityRules;
  readonly limits: EgressLimits;
  readonly secrets: readonly SecretInjection[];
}

/** Totals are for the whole life of one sandbox. What is exactly at a limit still passes. */
export interface EgressLimits {
  /** Connections in all, refused ones included; so the report is bounded too. */
  readonly maxConnections: number;
  readonly maxOpenConnections: number;
  /** Bytes sent to the outside, of all connections, heads and TLS included. */
  readonly maxBytesUp: number;
  readonly maxBytesDown: number;
  /** Until a client has said completely where it wants to go. */
  readonly headTimeoutMs: number;
  /** For resolving a name, and for each address that is tried. */
  readonly connectTimeoutMs: number;
  /** Without a byte in either direction. */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_EGRESS_LIMITS: EgressLimits = {
  maxConnections: 256,
  maxOpenConnections: 32,
  maxBytesUp: 16 * 1024 * 1024,
  maxBytesDown: 64 * 1024 * 1024,
  headTimeoutMs: 10_000,
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
};

/**
 * A secret that the proxy adds to requests for one upstream, over TLS. The plugin asks for
 * `http://secrets.sallyport.internal/<name>/<path>` and never sees the value.
 */
export interface SecretInjection {
  /** `[A-Za-z][A-Za-z0-9_-]{0,63}`, and `.2` and so on for further hosts. */
  readonly name: string;
  readonly upstream: HostPort;
  /** Name of the header; what the plugin sends under it is dropped. */
  readonly header: string;
  /** The header's whole value, such as `Bearer …`. */
  readonly value: string;
}
