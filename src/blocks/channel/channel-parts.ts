/**
 * What the functions of a workspace's channels share.
 *
 * @module
 */

import type { AdapterContext } from '../../channels/adapter.ts';
import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { CapabilityPattern } from '../../core/capabilities/pattern.ts';
import { parsePattern } from '../../core/capabilities/pattern.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { KeyedHash, WorkspaceId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { Outbox } from '../kit/outbox.ts';
import type { ChannelSafe } from './channel-safe.ts';
import type { ChannelStore, StoredChannel } from './channel-store.ts';
import type { CodeStore } from './code-store.ts';
import type { ReplyStore } from './reply-store.ts';
import type { SenderRates } from './sender-rates.ts';
import type { SenderStore } from './sender-store.ts';
import { SIGNATURE_TOOLS } from './signature-tools.ts';
import type { UpdateStore } from './update-store.ts';

/** Something that requests can be sent through. */
export interface Network {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
}

export interface ChannelBindings extends BlockBindings {
  /** Refuses names that resolve to private addresses; the global `fetch` where it is absent. */
  readonly PUBLIC_NETWORK?: Network;
  /** Reaches private addresses, for hosts that the workspace's policy exempts. */
  readonly PRIVATE_NETWORK?: Network;
}

export interface ChannelParts {
  readonly workspace: WorkspaceId;
  readonly env: ChannelBindings;
  readonly channels: ChannelStore;
  readonly senders: SenderStore;
  readonly rates: SenderRates;
  readonly codes: CodeStore;
  readonly updates: UpdateStore;
  readonly replies: ReplyStore;
  readonly safe: ChannelSafe;
  readonly outbox: Outbox;
  /** Keyed for names that are made from what a platform calls somebody. */
  readonly ids: KeyedHash;
  readonly sessionIds: KeyedHash;
  readonly now: () => number;
  /** Storage and record change together, or not at all. */
  readonly transact: <T>(change: () => T) => T;
  /** Part of a transaction. */
  readonly record: (event: Omit<AuditEvent, 'at'>) => void;
  /** After the transaction: begins to send these parts of a reply. */
  readonly send: (channel: string, chat: string, replies: readonly number[]) => void;
}

export function contextOf(parts: ChannelParts, channel: string): AdapterContext {
  const credentials = parts.safe.credentials(channel, () => parts.channels.sealedOf(channel));
  return { credentials, tools: SIGNATURE_TOOLS, now: parts.now() };
}

/** Whom a sender's turns act as: within the channel's grants, and what its maker may still do. */
export function senderPrincipal(
  { workspace }: ChannelParts,
  { creator, grants }: StoredChannel,
  id: string,
): Principal {
  return {
    ...{ kind: 'channel', id, workspace, tokenId: creator.tokenId },
    behalf: { kind: creator.kind, id: creator.id, grants },
  };
}

/** Whom the channel itself acts as, to take messages in and to send them. */
export function channelPrincipal(parts: ChannelParts, channel: StoredChannel): Principal {
  const { name } = channel.spec;
  const patterns = [`channel:receive:${name}`, `channel:send:${name}`].flatMap(toPatterns);
  const grants = patterns.map((pattern) => ({ pattern }));
  return senderPrincipal(parts, { ...channel, grants }, name);
}

function toPatterns(text: string): readonly CapabilityPattern[] {
  const parsed = parsePattern(text);
  return parsed.ok ? [parsed.value] : [];
}
