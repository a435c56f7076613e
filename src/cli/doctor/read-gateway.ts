/**
 * A gateway as seen from this machine: whether it is up, guarded, and of our time.
 *
 * @module
 */

import { connect } from 'node:tls';
import * as z from 'zod';
import { deploymentAnswer } from '../../core/security-audit/deployment-answer.ts';
import type { GatewayFacts, MachineFacts } from '../../core/security-audit/machine-facts.ts';
import { ask, type GatewayAddress } from '../gateway/gateway-client.ts';
import { registryAnswers } from '../security/answer-schemas.ts';
import { isLoopbackName } from '../security/loopback.ts';
import { statusOf } from '../security/probe-surface.ts';

const TIMEOUT_MS = 10_000;
const HOSTED_TIERS = ['process', 'container'];

type Seen = Pick<MachineFacts, 'gateway' | 'nodes' | 'needsNode' | 'plugins'>;

/** `address` is nothing where no gateway was started or named. */
export async function readGateway(address: GatewayAddress | undefined): Promise<Seen> {
  if (address === undefined)
    return { gateway: unreachable('', '"npm start" has left no address here') };
  const { url } = address;
  const health = await readHealth(url);
  if (typeof health === 'string') return { gateway: unreachable(url, `${url}: ${health}`) };
  const [tools, deployment] = [
    await ask(address, 'GET /v1/tools'),
    await ask(address, 'GET /v1/deployment'),
  ];
  const read = deploymentAnswer.safeParse(deployment.body);
  const certificateEndsAt = await readCertificateEnd(url);
  const gateway: GatewayFacts = {
    ...{ url, isLoopback: isLoopback(url), ...health },
    answersNobody: (await statusOf(`${url}/v1/tools`)) === 200,
    takesToken: tools.status === 200,
    ...(read.success && { version: read.data.version }),
    ...(certificateEndsAt !== undefined && { certificateEndsAt }),
  };
  return { gateway, ...(await readExecutors(address)) };
}

function unreachable(url: string, problem: string): GatewayFacts {
  return { url, problem, isLoopback: true, answersNobody: false, takesToken: false };
}

const isLoopback = (url: string) => isLoopbackName(new URL(url).hostname);

/** Why it is not well, or how far its clock is ahead of ours, where it says what that shows. */
export async function readHealth(
  url: string,
): Promise<string | Pick<GatewayFacts, 'clockAheadMs'>> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${url}/health`, { signal, redirect: 'error' });
    const body = z.object({ status: z.literal('ok') }).safeParse(await response.json());
    if (!response.ok || !body.success) return `/health answers ${response.status}`;
    const at = Date.parse(response.headers.get('Date') ?? '');
    return Number.isNaN(at) ? {} : { clockAheadMs: at - Date.now() };
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error && 'code' in cause ? String(cause.code) : `${error}`;
  }
}

async function readExecutors(address: GatewayAddress): Promise<Omit<Seen, 'gateway'>> {
  const nodes = registryAnswers.nodes.safeParse((await ask(address, 'GET /v1/nodes')).body);
  const plugins = registryAnswers.plugins.safeParse((await ask(address, 'GET /v1/plugins')).body);
  const isHosted = ({ tier, state }: { readonly tier: string; readonly state: string }) =>
    HOSTED_TIERS.includes(tier) && state === 'running';
  return {
    ...(nodes.success && { nodes: nodes.data.nodes.map(({ name, state }) => ({ name, state })) }),
    ...(plugins.success && {
      needsNode: plugins.data.plugins.some(isHosted),
      plugins: plugins.data.plugins.map(({ name, version }) => ({ name, version })),
    }),
  };
}

/** One that cannot be trusted makes the gateway unreachable before anybody asks here. */
async function readCertificateEnd(url: string): Promise<number | undefined> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:') return undefined;
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const socket = connect(
    { host: hostname, port: Number(port || 443), servername: hostname, timeout: TIMEOUT_MS },
    () => {
      const ends = Date.parse(socket.getPeerCertificate().valid_to);
      resolve(Number.isNaN(ends) ? undefined : ends);
      socket.destroy();
    },
  );
  socket.once('timeout', () => socket.destroy());
  socket.once('error', () => resolve(undefined));
  socket.once('close', () => resolve(undefined));
  return promise;
}
