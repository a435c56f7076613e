/**
 * Enrols this machine: makes its key, redeems the one-time code, and pins the gateway's key.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import * as z from 'zod';
import { enrolmentText } from '../core/executor-protocol/handshake.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import type { ExecutorHome } from './executor-home.ts';
import { parseGatewayUrl } from './gateway-url.ts';
import { type Identity, makeKey, signText, writeIdentity } from './identity.ts';

const REQUEST_MS = 30_000;

const answerSchema = z.object({
  workspace: z.string(),
  node: z.string(),
  name: z.string(),
  gatewayKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});

/** The error is a sentence for the operator. */
export async function enrol(
  home: ExecutorHome,
  gatewayUrl: string,
  code: string,
): Promise<Result<Identity, string>> {
  if (existsSync(home.identityFile)) {
    return err(`Cannot enrol: "${home.folder}" is enrolled already; remove it, or name another`);
  }
  const url = parseGatewayUrl(gatewayUrl);
  if (!url.ok) return url;
  const key = makeKey();
  const signature = signText(key.privateKey, enrolmentText(code, key.publicKey));
  const answer = await redeem(url.value, { code, publicKey: key.publicKey, signature });
  if (!answer.ok) return answer;
  const { privateKey } = key;
  const identity = { gatewayUrl: url.value.origin, ...answer.value, privateKey };
  writeIdentity(home, identity);
  return ok(identity);
}

async function redeem(
  gateway: URL,
  body: Readonly<Record<string, string>>,
): Promise<Result<z.infer<typeof answerSchema>, string>> {
  try {
    const response = await fetch(new URL('/v1/nodes/enrol', gateway), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    if (response.status === 401) {
      return err('Cannot enrol: the code must be live, and not used before');
    }
    const read = answerSchema.safeParse(await response.json());
    if (response.ok && read.success) return ok(read.data);
    return err(`Cannot enrol: the gateway must answer as one, and answered ${response.status}`);
  } catch {
    return err(`Cannot enrol: the gateway at ${gateway.origin} must be reachable`);
  }
}
