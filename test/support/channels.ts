/**
 * Channels for tests: made, written to, and waited for over HTTP.
 *
 * @module
 */

import { expect, vi } from 'vitest';
import type { Answer, Api } from './api.ts';
import type { StandIn } from './channel-standins.ts';
import {
  DISCORD_CREDENTIALS,
  type SignedWebhook,
  SLACK_CREDENTIALS,
  TEAMS_CREDENTIALS,
  TEAMS_ISSUER,
  TELEGRAM_CREDENTIALS,
  WEBHOOK_CREDENTIALS,
  WHATSAPP_CREDENTIALS,
} from './channel-webhooks.ts';
import type { Gateway } from './gateway.ts';

export const SOON = { timeout: 40_000, interval: 50 };

const MODEL = 'provider:llm:call:embedded/*';

const CREDENTIALS = {
  webhook: WEBHOOK_CREDENTIALS,
  telegram: TELEGRAM_CREDENTIALS,
  slack: SLACK_CREDENTIALS,
  discord: DISCORD_CREDENTIALS,
  whatsapp: WHATSAPP_CREDENTIALS,
  teams: TEAMS_CREDENTIALS,
};

export type TestPlatform = keyof typeof CREDENTIALS;

/** An open channel whose senders drive the scripted model, unless something else is said. */
export function channelOrder(
  { url }: Pick<StandIn, 'url'>,
  platform: TestPlatform,
  change: object = {},
) {
  return {
    ...{ name: platform, platform, credentials: CREDENTIALS[platform] },
    ...{ access: { mode: 'open' }, model: 'embedded/script', capabilities: [MODEL] },
    senderRate: { calls: 1_000, periodMs: 1_000 },
    apiBase: `${url}/${platform}`,
    ...(platform === 'teams' ? { connector: standInConnector(url) } : { connector: undefined }),
    ...change,
  };
}

function standInConnector(url: string) {
  return {
    metadataUrl: `${url}/teams-sign-in/openidconfiguration`,
    issuer: TEAMS_ISSUER,
    tokenUrl: `${url}/teams-sign-in/token`,
  };
}

/** Lets the workspace reach the stand-in, which is on this machine. */
export async function exempt(api: Api, { hostAndPort }: StandIn): Promise<void> {
  const { body } = await api.get('/v1/workspaces/default');
  const policy = { ...body.policy, privateHosts: [hostAndPort] };
  expect((await api.put('/v1/workspaces/default', { policy })).status).toBe(200);
}

export async function deliver(
  gateway: Pick<Gateway, 'url'>,
  channel: string,
  { body, headers }: SignedWebhook,
): Promise<Pick<Answer, 'status' | 'headers'> & { readonly text: string }> {
  const url = `${gateway.url}/v1/webhooks/default/${channel}`;
  const response = await fetch(url, { method: 'POST', headers, body });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What the scripted model answers with these words to. */
export const says = (text: string): string => JSON.stringify({ script: [{ text }] });

export const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, SOON);
