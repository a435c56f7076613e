/**
 * What the functions of a workspace's channels share.
 *
 * @module
 */

import type { AdapterContext } from '../../channels/adapter.ts';
import { ADAPTERS } from '../../channels/adapters.ts';
import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { patternsAmong } from '../../core/capabilities/pattern.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { KeyedHash, WorkspaceId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { Networks } from '../kit/networks.ts';
import type { Outbox } from '../kit/outbox.ts';
import type { Sealing } from '../kit/sealing.ts';
import type { TurnEndings } from '../session/turn-endings.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { ChannelSafe } from './channel-safe.ts';
import type { ChannelStore, StoredChannel } from './channel-store.ts';
import type { ChatStore } from './chat-store.ts';
import type { CodeStore } from './code-store.ts';
import type { EarlyFailures } from './early-failures.ts';
import type { MoveStore } from './move-store.ts';
import type { Patience } from './patience.ts';
import type { PlatformKeys } from './platform-keys.ts';
import type { ReplyStore } from './reply-store.ts';
import type { SenderRates } from './sender-rates.ts';
import type { SenderSlices } from './sender-slices.ts';
import type { SenderStore } from './sender-store.ts';
import { SIGNATURE_TOOLS } from './signature-tools.ts';
import type { TermsStore } from './terms-store.ts';
import type { StoredUpdate, UpdateStore } from './update-store.ts';

export type ChannelBindings = BlockBindings & Networks;

export interface ChannelParts {
  readonly workspace: WorkspaceId;
  readonly env: ChannelBindings;
  readonly channels: ChannelStore;
  readonly senders: SenderStore;
  readonly terms: TermsStore;
  readonly rates: SenderRates;
  readonly slices: SenderSlices;
  readonly codes: CodeStore;
  readonly updates: UpdateStore;
  readonly endings: TurnEndings;
  readonly patience: Patience;
  readonly replies: ReplyStore;
  readonly earlyFailures: EarlyFailures;
  readonly sealing: Sealing;
  readonly chats: ChatStore;
  readonly moves: MoveStore;
  readonly safe: ChannelSafe;
  readonly keys: PlatformKeys;
  readonly tokens: AccessTokens;
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
  /** After the transaction: there is a reply for the readers of a web chat. */
  readonly push: (channel: string, chat: string) => void;
  /** Shows the sender that his message was taken; nothing waits for it. */
  readonly sign: (channel: StoredChannel, update: StoredUpdate) => void;
}

export function contextOf(parts: ChannelParts, { spec }: StoredChannel): AdapterContext {
  const { name } = spec;
  const credentials = parts.safe.credentials(name, () => parts.channels.sealedOf(name));
  const { platform, connector, apiBase } = spec;
  return {
    ...{ credentials, tools: SIGNATURE_TOOLS, now: parts.now() },
    apiBase: apiBase ?? ADAPTERS[platform].apiBase ?? '',
    ...(connector !== undefined && { connector }),
  };
}

/** Whom a sender's turns act as: within these grants, and what the channel's maker may still do. */
export function senderPrincipal(
  { workspace }: ChannelParts,
  { creator, grants }: Pick<StoredChannel, 'creator' | 'grants'>,
  id: string,
): Principal {
  const { caveats, tokenId } = creator;
  return {
    ...{ kind: 'channel', id, workspace, tokenId },
    ...(caveats && { caveats }),
    behalf: { kind: creator.kind, id: creator.id, grants },
  };
}

/** Whom the channel itself acts as, to take messages in and to send them. */
export function channelPrincipal(parts: ChannelParts, channel: StoredChannel): Principal {
  const { name } = channel.spec;
  const patterns = patternsAmong([`channel:receive:${name}`, `channel:send:${name}`]);
  const grants = patterns.map((pattern) => ({ pattern }));
  return senderPrincipal(parts, { ...channel, grants }, name);
}
