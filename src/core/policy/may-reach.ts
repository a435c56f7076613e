/**
 * Where a workspace's policy lets anything of it speak to over HTTP, whoever acts there.
 *
 * @module
 */

import { permits } from '../capabilities/capability-set.ts';
import { parseCapability } from '../capabilities/pattern.ts';
import { type HostPort, toResource } from '../capabilities/resource.ts';
import type { Policy } from './policy.ts';

export type HostRules = Pick<Policy, 'allow' | 'deny' | 'privateHosts'>;

/** Where there is no workspace, nothing may be reached. */
export const NO_HOSTS: HostRules = { allow: [], deny: [], privateHosts: [] };

/** By `tool:network:http:<host>:<port>`, as a tool's request is asked about. */
export function mayReach(rules: HostRules, place: HostPort): boolean {
  const resource = toResource('host-port', place);
  const capability = resource.ok && parseCapability(`tool:network:http:${resource.value}`);
  return capability !== false && capability.ok && permits(rules, capability.value);
}
