/**
 * Whether a sandbox may speak to a host. The host is brought into its one spelling first, by the
 * same rules by which the gateway writes arguments, so a grant means the same host in both places.
 *
 * @module
 */

import { type CapabilityRules, permits } from '../../core/capabilities/capability-set.ts';
import { parseCapability } from '../../core/capabilities/pattern.ts';
import { type HostPort, toResource } from '../../core/capabilities/resource.ts';
import { canonicaliseUrl } from '../../core/checks/canonical/canonical-url.ts';
import { EgressStop } from './egress-stop.ts';

export type NetworkFamily = 'tool:network:http' | 'tool:network:websocket';

/** `host:port`, with nothing around it. */
const HOST_AND_PORT = /^[^/?#@\\]+:\d+$/;

/** An authority as it stands in a URL: the port may be left out. */
const AUTHORITY = /^[^/?#\\]+$/;

export class TargetRules {
  readonly #rules: CapabilityRules;
  readonly #privateHosts: readonly string[];

  /** `privateHosts`: `host:port` that the operator opened although they are not public. */
  constructor(rules: CapabilityRules, privateHosts: readonly string[]) {
    this.#rules = rules;
    this.#privateHosts = privateHosts;
  }

  /** Reads where a tunnel is to lead; the port must be stated. Throws {@link EgressStop}. */
  readTunnel(text: string): HostPort {
    return this.#read(text, HOST_AND_PORT);
  }

  /** Reads the authority of an `http:` URL, port 80 unless stated. Throws {@link EgressStop}. */
  readAuthority(text: string): HostPort {
    return this.#read(text, AUTHORITY);
  }

  isPrivateHost(target: HostPort): boolean {
    return this.#privateHosts.includes(writeAuthority(target));
  }

  /** Throws {@link EgressStop} unless one of the families is granted for this host. */
  require(target: HostPort, families: readonly NetworkFamily[]): void {
    if (!families.some((family) => this.#isGranted(family, target))) {
      throw new EgressStop('not_granted');
    }
  }

  #read(text: string, form: RegExp): HostPort {
    const url = form.test(text)
      ? canonicaliseUrl(`http://${text}/`, this.#privateHosts)
      : undefined;
    if (url?.ok === true) return { host: url.value.host, port: url.value.port };
    const isInside = url?.ok === false && /_not_public$/.test(url.error);
    throw new EgressStop(isInside ? 'address_not_public' : 'target_malformed');
  }

  #isGranted(family: NetworkFamily, target: HostPort): boolean {
    const resource = toResource('host-port', target);
    if (!resource.ok) return false;
    const capability = parseCapability(`${family}:${resource.value}`);
    return capability.ok && permits(this.#rules, capability.value);
  }
}

/** As in a `Host` header: an IPv6 address in brackets, and always with its port. */
export function writeAuthority({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
