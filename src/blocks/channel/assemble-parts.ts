/**
 * Puts the parts of a workspace's channels together.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { keyedHash } from '../kit/keys.ts';
import { Outbox } from '../kit/outbox.ts';
import { Sealing } from '../kit/sealing.ts';
import { Tables } from '../kit/tables.ts';
import { TurnEndings } from '../session/turn-endings.ts';
import { AccessTokens } from './access-tokens.ts';
import type { ChannelBindings, ChannelParts } from './channel-parts.ts';
import { ChannelSafe } from './channel-safe.ts';
import { ChannelStore } from './channel-store.ts';
import { ChatStore } from './chat-store.ts';
import { CodeStore } from './code-store.ts';
import { EarlyFailures } from './early-failures.ts';
import { MoveStore } from './move-store.ts';
import { Patience } from './patience.ts';
import { PlatformKeys } from './platform-keys.ts';
import { rememberedHash } from './remembered-hash.ts';
import { ReplyStore } from './reply-store.ts';
import { SenderRates } from './sender-rates.ts';
import { SenderSlices } from './sender-slices.ts';
import { SenderStore } from './sender-store.ts';
import { TermsStore } from './terms-store.ts';
import { UpdateStore } from './update-store.ts';

interface Surroundings extends Pick<ChannelParts, 'send' | 'push' | 'sign' | 'transact'> {
  readonly workspace: WorkspaceId;
  readonly env: ChannelBindings;
  readonly ctx: DurableObjectState;
}

export function assembleParts({ workspace, env, ctx, ...ways }: Surroundings): ChannelParts {
  const { sql } = ctx.storage;
  const sealing = new Sealing({ env, ctx, tables: new Tables(sql), kind: 'channels' });
  const outbox = new Outbox(sql);
  const now = () => Date.now();
  return {
    ...{ workspace, env, ...ways, sealing, outbox, now },
    channels: new ChannelStore(sql),
    senders: new SenderStore(sql),
    terms: new TermsStore(sql),
    rates: new SenderRates(),
    slices: new SenderSlices(),
    codes: new CodeStore(sql),
    updates: new UpdateStore(sql, sealing),
    endings: new TurnEndings(sql, now),
    patience: new Patience(),
    replies: new ReplyStore(sql, sealing),
    earlyFailures: new EarlyFailures(),
    chats: new ChatStore(sql),
    moves: new MoveStore(sql),
    keys: new PlatformKeys(),
    tokens: new AccessTokens(),
    safe: new ChannelSafe(env, workspace),
    ids: rememberedHash(keyedHash(env.SALLYPORT_MASTER_KEY, 'channel-ids')),
    sessionIds: rememberedHash(keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids')),
    record: (event) => outbox.add([{ ...event, at: now() }], now()),
  };
}
