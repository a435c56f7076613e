/**
 * Decides about one plain HTTP request, and opens the connection on which it may go on.
 *
 * Three forms are known: the absolute form that clients send to a proxy, the origin form inside a
 * tunnel, and the origin form to the proxy itself, which asks for a secret to be added.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import type { HostPort } from '../../core/capabilities/resource.ts';
import { DEFAULT_PORTS } from '../../core/checks/canonical/canonical-url.ts';
import { type NetworkFamily, type TargetRules, writeAuthority } from './decide-target.ts';
import type { Dialler } from './dial.ts';
import type { EgressClient, OpenedRoute } from './egress-client.ts';
import type { SecretInjection } from './egress-order.ts';
import { EgressStop, outcomeOf } from './egress-stop.ts';
import type { ForwardPlan } from './forward-request.ts';
import type { UpgradePlan } from './forward-upgrade.ts';
import { readSecretRequest, SECRETS_HOST, type SecretRequest, secure } from './secret-request.ts';

/** Decides for one sandbox. */
export interface RequestPlanner {
  readonly rules: TargetRules;
  readonly dialler: Dialler;
  readonly secrets: readonly SecretInjection[];
  /** Certificates in PEM that are trusted where a secret is added; absent: those of the system. */
  readonly authorities: readonly string[] | undefined;
}

/** The path of an absolute form may be left out. */
const ABSOLUTE_FORM = /^http:\/\/([^/?#]*)(\/[^#]*|\?[^#]*)?$/i;

/** Throws {@link EgressStop}. */
export async function planRequest(
  client: EgressClient,
  request: IncomingMessage,
  planner: RequestPlanner,
): Promise<ForwardPlan> {
  const form = readForm(client, request);
  if (form.authority === SECRETS_HOST) {
    if (client.route !== undefined) throw new EgressStop('host_mismatch'); // it leads to another
    return planSecret(
      client,
      readSecretRequest(request.method, form.path, planner.secrets),
      planner,
    );
  }
  client.connection.speaks('http');
  const { target, upstream } = await openRoute(client, form, 'tool:network:http', planner);
  return { upstream, path: form.path, host: writeHost(target, DEFAULT_PORTS.http), added: [] };
}

/** Throws {@link EgressStop}. */
export async function planUpgrade(
  client: EgressClient,
  request: IncomingMessage,
  planner: RequestPlanner,
): Promise<UpgradePlan> {
  client.connection.speaks('websocket');
  const form = readForm(client, request);
  const { target, upstream } = await openRoute(client, form, 'tool:network:websocket', planner);
  return { upstream, path: form.path, host: writeHost(target, DEFAULT_PORTS.ws) };
}

interface RequestForm {
  /** In lower case, not yet canonical. */
  readonly authority: string;
  readonly path: string;
}

/** Inside a tunnel the one `Host` field is the authority; outside, the proxy itself is addressed. */
function readForm(client: EgressClient, request: IncomingMessage): RequestForm {
  const text = request.url ?? '';
  const [, authority, path = '/'] = ABSOLUTE_FORM.exec(text) ?? [];
  if (authority !== undefined) {
    return { authority: authority.toLowerCase(), path: path.startsWith('/') ? path : `/${path}` };
  }
  const hosts = request.headersDistinct.host ?? [];
  if (!text.startsWith('/') || hosts.length > 1) throw new EgressStop('target_malformed');
  const host = client.route === undefined ? SECRETS_HOST : (hosts[0] ?? '').toLowerCase();
  return { authority: host, path: text };
}

async function openRoute(
  client: EgressClient,
  form: RequestForm,
  family: NetworkFamily,
  { rules, dialler }: RequestPlanner,
): Promise<OpenedRoute> {
  const target = rules.readAuthority(form.authority);
  client.connection.wants(client.route?.target ?? target);
  if (
    client.route !== undefined &&
    writeAuthority(client.route.target) !== writeAuthority(target)
  ) {
    throw new EgressStop('host_mismatch');
  }
  rules.require(target, [family]);
  // Whoever sends on what is over already would wait for an answer for ever.
  const dead = client.route?.upstream.destroyed === true ? client.route.upstream : undefined;
  if (dead !== undefined) throw new EgressStop(outcomeOf(dead.errored, 'upstream_failed'));
  return client.route ?? { target, upstream: await dialler.dial(target, client.connection) };
}

async function planSecret(
  { connection }: EgressClient,
  { secret, path }: SecretRequest,
  { rules, dialler, authorities }: RequestPlanner,
): Promise<ForwardPlan> {
  const { upstream: target, header, value } = secret;
  connection.speaks('secret');
  connection.wants(target);
  rules.require(target, ['tool:network:http']);
  const stream = await dialler.dial(target, connection);
  const upstream = await secure(stream, target.host, authorities);
  return { upstream, path, host: writeHost(target, DEFAULT_PORTS.https), added: [[header, value]] };
}

/** As in a `Host` field: without the port that the scheme has anyway. */
function writeHost(target: HostPort, defaultPort: number): string {
  const authority = writeAuthority(target);
  return target.port === defaultPort ? authority.slice(0, authority.lastIndexOf(':')) : authority;
}
