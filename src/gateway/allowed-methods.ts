/**
 * Which methods a path takes, for `Allow` (RFC 9110): those of all routes that it leads to, since
 * `/v1/tokens/revoke` is also a `/v1/tokens/{id}`.
 *
 * @module
 */

import type { Route } from './route.ts';

/** By path as OpenAPI writes it. What is spelled out stands before what it is a case of. */
export function allowedMethods(
  routes: readonly Pick<Route, 'path' | 'method'>[],
): ReadonlyMap<string, readonly string[]> {
  const paths = [...new Set(routes.map(({ path }) => path))];
  const bySpelling = paths.toSorted((a, b) => countNames(a) - countNames(b));
  return new Map(bySpelling.map((path) => [path, methodsOf(path, routes)]));
}

function methodsOf(
  path: string,
  routes: readonly Pick<Route, 'path' | 'method'>[],
): readonly string[] {
  const found = routes.filter((route) => leadsTo(path, route.path)).map(({ method }) => method);
  const methods = new Set<string>(found);
  // Whatever is read is also looked up without its body.
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods];
}

/** Whether whatever has the form of `path` has that of `template` as well. */
function leadsTo(path: string, template: string): boolean {
  const segments = path.split('/');
  const wanted = template.split('/');
  return (
    segments.length === wanted.length &&
    wanted.every((segment, index) => isName(segment) || segment === segments[index])
  );
}

function countNames(path: string): number {
  return path.split('/').filter(isName).length;
}

function isName(segment: string): boolean {
  return segment.startsWith('{');
}
