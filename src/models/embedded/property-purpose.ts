/**
 * What an argument is for, as far as its name and format tell.
 *
 * @module
 */

import type { ToolProperty } from './tool-properties.ts';

export function isUrlProperty({ name, schema }: ToolProperty): boolean {
  const { format } = schema;
  if (format === 'uri' || format === 'url' || format === 'iri') return true;
  return /^(?:.*[_-])?(?:url|uri|link|href|endpoint)$/i.test(name);
}

export function isPathProperty({ name }: ToolProperty): boolean {
  return /(?:^|_)(?:path|file|filename|dir|directory|folder)$/i.test(name);
}

/** An argument that names a place within a document: `query`, `pointer`, `field` and the like. */
export function isQueryProperty({ name }: ToolProperty): boolean {
  return /query|pointer|expression|selector|field|key|filter|jq|jsonpath/i.test(name);
}

/** An argument that carries whatever was given besides: the body of a request, for one. */
export function isBodyProperty({ name }: ToolProperty): boolean {
  return /^(?:body|data|content|payload|input)$/i.test(name);
}
