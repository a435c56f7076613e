/**
 * Names and passwords for registries, from a file of the machine's owner in the form that Docker and
 * Podman write: `{"auths": {"ghcr.io": {"auth": "<base64 of name:password>"}}}`.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { Fault } from '../../../core/errors/fault.ts';
import { isOpenToOthers } from '../../executor-home.ts';

const schema = z.object({
  auths: z.record(
    z.string(),
    z.object({
      auth: z
        .string()
        .regex(/^[A-Za-z0-9+/=]+$/)
        .optional(),
    }),
  ),
});

/**
 * As base64, for `Authorization: Basic`; nothing where the file has none for this registry.
 *
 * @throws Fault `tier_unavailable` when the file is not there, is not of that form, or open to others.
 */
export function readCredential(path: string, registry: string): string | undefined {
  const auths = read(path);
  const names = registry === 'docker.io' ? [registry, 'https://index.docker.io/v1/'] : [registry];
  return names.map((name) => auths[name]?.auth).find((auth) => auth !== undefined);
}

function read(path: string): z.infer<typeof schema>['auths'] {
  try {
    if (!isOpenToOthers(path)) return schema.parse(JSON.parse(readFileSync(path, 'utf8'))).auths;
  } catch {
    // Said below; what the file holds is nobody's business.
  }
  const must = 'must be as Docker writes it, and readable by its owner alone';
  throw new Fault('tier_unavailable', `Cannot read the credentials: "${path}" ${must}`);
}
