/**
 * Everything that a security audit looks at, asked of a gateway over its API.
 *
 * @module
 */

import * as z from 'zod';
import { retentionSchema } from '../../core/audit/audit-class.ts';
import { provedWorkspaceSchema } from '../../core/policy/proved-workspace-schema.ts';
import { deploymentAnswer } from '../../core/security-audit/deployment-answer.ts';
import type { DeploymentFacts, RecordFacts } from '../../core/security-audit/deployment-facts.ts';
import type { RecordedEvent } from '../../core/security-audit/used-capabilities.ts';
import type { GatewayAddress } from '../gateway/gateway-client.ts';
import { recordPage, registryAnswers, switchesAnswer, workspaceAnswer } from './answer-schemas.ts';
import { readBundledPlugins } from './bundled-plugins.ts';
import { probeSurface } from './probe-surface.ts';
import { PartReader } from './read-parts.ts';

/** Records that one audit reads. */
const MAX_RECORDS = 50_000;
const DAY_MS = 86_400_000;

export interface AuditedDeployment {
  readonly facts: DeploymentFacts;
  /** Of the policy, so that it is changed only if it is still the same. */
  readonly revision: number;
}

export async function readDeployment(
  gateway: GatewayAddress,
  { workspace, days }: { readonly workspace: string; readonly days: number },
): Promise<AuditedDeployment> {
  const reader = new PartReader(gateway);
  const now = Date.now();
  const id = encodeURIComponent(workspace);
  const described = await reader.read('policy', `/v1/workspaces/${id}`, workspaceAnswer);
  const proof = await reader.read(
    'grants of all principals',
    `/v1/workspaces/${id}/policy/export`,
    provedWorkspaceSchema,
  );
  const facts = {
    ...{ now, workspace, bundled: readBundledPlugins() },
    surface: await probeSurface(gateway.url, reader),
    ...(described && { policy: described.policy, members: described.members }),
    ...(proof && { proof }),
    ...(await readRegistries(reader)),
    ...(await readPlugins(reader, proof)),
    ...(await readState(reader)),
    ...(await readRecord(reader, now - (await keptDays(reader, days)) * DAY_MS)),
  };
  return { facts: { ...facts, unseen: reader.unseen }, revision: described?.revision ?? 0 };
}

async function readRegistries(reader: PartReader) {
  const tokens = await reader.read('tokens', '/v1/tokens', registryAnswers.tokens);
  const nodes = await reader.read('nodes', '/v1/nodes', registryAnswers.nodes);
  const secrets = await reader.read('secrets', '/v1/secrets', registryAnswers.secrets);
  return { ...tokens, ...nodes, ...secrets, ...(await readChannels(reader)) };
}

/** The list leaves out what the caller may not see, so it is asked whether he may see all. */
async function readChannels(reader: PartReader): Promise<Pick<DeploymentFacts, 'channels'>> {
  const explained = await reader.post('channels', '/v1/explain', {
    body: { capability: 'channel:list' },
    schema: z.object({
      legs: z.array(z.object({ leg: z.string(), answer: z.string() })),
      killSwitch: z.unknown().optional(),
    }),
  });
  if (explained === undefined) return {};
  const own = explained.legs.find(({ leg }) => leg === 'principal-grant');
  if (own?.answer !== 'yes') {
    const isSwitched = explained.killSwitch !== undefined;
    const must = isSwitched ? 'a kill switch must be released' : 'the token must hold channel:list';
    reader.note('channels', must);
  }
  const answer = await reader.read('channels', '/v1/channels', registryAnswers.channels);
  const toFacts = ({ name, spec }: ChannelAnswer) => ({
    ...{ name, platform: spec.platform, access: spec.access.mode },
  });
  return answer === undefined ? {} : { channels: answer.channels.map(toFacts) };
}

type ChannelAnswer = z.infer<typeof registryAnswers.channels>['channels'][number];

async function readPlugins(
  reader: PartReader,
  proof: DeploymentFacts['proof'],
): Promise<Pick<DeploymentFacts, 'plugins'>> {
  const answer = await reader.read('plugins', '/v1/plugins', registryAnswers.plugins);
  if (answer === undefined) return {};
  const asksFor = (name: string) => proof?.plugins.find((one) => one.name === name)?.allow ?? [];
  return {
    plugins: answer.plugins.map((plugin) => ({ ...plugin, capabilities: asksFor(plugin.name) })),
  };
}

async function readState(
  reader: PartReader,
): Promise<Pick<DeploymentFacts, 'features' | 'version' | 'keys' | 'switches' | 'auditHolds'>> {
  const deployment = await reader.read('features', '/v1/deployment', deploymentAnswer);
  if (deployment !== undefined && deployment.keys === undefined) {
    reader.note('strength of the keys', 'the token must hold system:admin');
  }
  const thrown = await reader.read('kill switches', '/v1/switches', switchesAnswer);
  const verified = await reader.read('record', '/v1/audit/verify', z.object({ ok: z.boolean() }));
  return {
    ...(deployment && { features: deployment.features, version: deployment.version }),
    ...(deployment?.keys && { keys: deployment.keys }),
    ...(thrown && {
      switches: thrown.switches.map(({ killSwitch: { kind, name } }) =>
        name === undefined ? kind : `${kind}/${name}`,
      ),
    }),
    ...(verified && { auditHolds: verified.ok }),
  };
}

/** As many days of those asked for as the workspace keeps what grants are judged by. */
async function keptDays(reader: PartReader, days: number): Promise<number> {
  const kept = await reader.read('retention', '/v1/audit/retention', retentionSchema);
  const limits = [kept?.calls, kept?.turns, kept?.changes].map((limit) => limit ?? days);
  return Math.min(days, ...limits);
}

async function readRecord(
  reader: PartReader,
  from: number,
): Promise<{ readonly record?: RecordFacts }> {
  const events: RecordedEvent[] = [];
  let after: number | undefined = 0;
  while (after !== undefined && events.length < MAX_RECORDS) {
    const path: string = `/v1/audit?from=${from}&limit=500&after=${after}`;
    const page: z.infer<typeof recordPage> | undefined = await reader.read(
      'record',
      path,
      recordPage,
    );
    if (page === undefined) return {};
    events.push(...page.records.map(({ event }) => event));
    after = page.next;
  }
  return { record: { from, isWhole: after === undefined, events } };
}
