/**
 * The names under which the gateway answers. A page whose name was made to lead to this machine (DNS
 * rebinding) comes under a name that is not among them.
 *
 * @module
 */

import { Refusal } from './refusal.ts';

/**
 * Refuses a request to any other host, whatever its port. `hosts` are names as URLs have them,
 * separated by spaces or commas; without a list the platform's routes decide, and all are ours.
 */
export function requireOwnHost(request: Request, hosts: string | undefined): void {
  if (hosts === undefined) return;
  const own = hosts.toLowerCase().split(/[\s,]+/);
  if (own.includes(new URL(request.url).hostname)) return;
  throw new Refusal('host_refused', {
    detail: 'Cannot accept the request: its Host must be one that the gateway answers to',
  });
}
