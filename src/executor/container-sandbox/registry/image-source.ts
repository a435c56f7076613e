/**
 * Where the parts of an image lie, by the repository in its name (OCI distribution-spec 1.1; names
 * as Docker reads them).
 *
 * @module
 */

export interface ImageSource {
  /** As the owner of the machine names it: `docker.io`, `ghcr.io`, `127.0.0.1:5000`. */
  readonly registry: string;
  /** `https:` but on this machine itself. */
  readonly origin: string;
  /** `library/busybox` */
  readonly path: string;
  /** Whether the registry is on this machine, for those who are to follow where it leads. */
  readonly isLoopback: boolean;
}

const DEFAULT_REGISTRY = 'docker.io';

/** Docker's own registry answers under another name. */
const HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

const HOST = /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::[0-9]{1,5})?$/;
const LOOPBACK = /^(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?$/;
const PATH = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;

/** Nothing for a repository that no registry could have. */
export function findSource(repository: string): ImageSource | undefined {
  const [first = '', ...rest] = repository.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const registry = isHost ? first : DEFAULT_REGISTRY;
  const named = isHost ? rest.join('/') : repository;
  const path = registry === DEFAULT_REGISTRY && !named.includes('/') ? `library/${named}` : named;
  if (!HOST.test(registry) || !PATH.test(path)) return undefined;
  const isLoopback = LOOPBACK.test(registry);
  const origin = `${isLoopback ? 'http' : 'https'}://${HOSTS[registry] ?? registry}`;
  return { registry, origin, path, isLoopback };
}
