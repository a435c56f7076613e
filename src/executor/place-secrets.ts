/**
 * Where the secrets of a run are put: in files in memory of its sandbox, or in the proxy, which adds
 * them to requests that the plugin sends through it.
 *
 * A plugin that reads a secret could send it to any host that it reaches, inside TLS where nobody
 * sees it. So it reaches no host but those that each secret in its hands names.
 *
 * @module
 */

import { type CapabilityRules, permits } from '../core/capabilities/capability-set.ts';
import { readHostAndPort, toHostAndPort } from '../core/capabilities/host-and-port.ts';
import { meetRules } from '../core/capabilities/meet-rules.ts';
import { type Capability, parseCapability } from '../core/capabilities/pattern.ts';
import { type HostPort, toResource } from '../core/capabilities/resource.ts';
import type { JsonObject, JsonValue } from '../core/primitives/json.ts';
import type { SecretInjection } from './egress-proxy/egress-order.ts';
import { SECRETS_HOST } from './egress-proxy/secret-request.ts';
import type { GivenSecret } from './given-secret.ts';
import { SECRETS_FOLDER, type SecretFile } from './sandbox.ts';

export interface PlacedSecrets {
  /** What is left of the network. */
  readonly network: CapabilityRules;
  readonly injections: readonly SecretInjection[];
  readonly files: readonly SecretFile[];
}

export function placeSecrets(
  secrets: readonly GivenSecret[],
  network: CapabilityRules,
): PlacedSecrets {
  const files = secrets.filter(({ delivery }) => delivery.as === 'file');
  const left = meetRules(network, ...files.map(({ hosts }) => rulesFor(hosts)));
  return {
    network: left,
    injections: secrets.flatMap((secret) => toInjections(secret, left)),
    files: files.map(({ setting, value }) => ({ name: setting, bytes: Buffer.from(value) })),
  };
}

/** The settings as the plugin reads them: where it finds a secret, in the place of its name. */
export function tellPlaces(
  config: JsonObject,
  secrets: readonly GivenSecret[],
  network: CapabilityRules,
): JsonObject {
  const told: Record<string, JsonValue> = { ...config };
  const placed = placeSecrets(secrets, network);
  for (const secret of secrets) {
    const { setting, delivery } = secret;
    if (delivery.as === 'file') told[setting] = { file: `${SECRETS_FOLDER}/${setting}` };
    else told[setting] = { urls: urlsOf(toInjections(secret, placed.network)) };
  }
  return told;
}

/** By the host that each leads to. */
function urlsOf(injections: readonly SecretInjection[]): JsonObject {
  const urls = injections.map(({ name, upstream }) => [
    toHostAndPort(upstream),
    `http://${SECRETS_HOST}/${name}`,
  ]);
  return Object.fromEntries(urls);
}

/** One for each host that the run may reach: the first by the setting's name, others numbered. */
function toInjections(
  { setting, value, hosts, delivery }: GivenSecret,
  network: CapabilityRules,
): readonly SecretInjection[] {
  if (delivery.as !== 'header') return [];
  const { header, prefix } = delivery;
  const reached = hosts
    .flatMap((text) => readHostAndPort(text) ?? [])
    .filter((host) => {
      const capability = capabilityOf('tool:network:http', host);
      return capability !== undefined && permits(network, capability);
    });
  return reached.map((upstream, index) => ({
    name: index === 0 ? setting : `${setting}.${index + 1}`,
    ...{ upstream, header, value: prefix + value },
  }));
}

function rulesFor(hosts: readonly string[]): CapabilityRules {
  const allow = hosts
    .flatMap((text) => readHostAndPort(text) ?? [])
    .flatMap((host) => [
      ...[capabilityOf('tool:network:http', host) ?? []].flat(),
      ...[capabilityOf('tool:network:websocket', host) ?? []].flat(),
    ]);
  return { allow, deny: [] };
}

function capabilityOf(family: string, host: HostPort): Capability | undefined {
  const resource = toResource('host-port', host);
  const capability = resource.ok ? parseCapability(`${family}:${resource.value}`) : resource;
  return capability.ok ? capability.value : undefined;
}
