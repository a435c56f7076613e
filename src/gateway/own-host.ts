/**
 * The names under which the gateway answers. A page whose name was made to lead to this machine (DNS
 * rebinding) comes under a name that is not among them.
 *
 * @module
 */

/**
 * Whether a request came under a name of ours, whatever its port. `hosts` are names as URLs have
 * them, separated by spaces or commas; without a list the platform's routes decide, and all are ours that
 * are names at all: whoever writes a request by hand may write anything in their place.
 */
export function isOwnHost(request: Request, hosts: string | undefined): boolean {
  const hostname = URL.parse(request.url)?.hostname;
  if (hostname === undefined || hosts === undefined) return hostname !== undefined;
  const own = hosts.toLowerCase().split(/[\s,]+/);
  return own.includes(hostname);
}
