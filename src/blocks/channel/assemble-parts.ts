/**
 * Puts the parts of a workspace's channels together.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { keyedHash } from '../kit/keys.ts';
import { Outbox } from '../kit/outbox.ts';
import type { ChannelBindings, ChannelParts } from './channel-parts.ts';
import { ChannelSafe } from './channel-safe.ts';
import { ChannelStore } from './channel-store.ts';
import { CodeStore } from './code-store.ts';
import { ReplyStore } from './reply-store.ts';
import { SenderRates } from './sender-rates.ts';
import { SenderStore } from './sender-store.ts';
import { UpdateStore } from './update-store.ts';

interface Surroundings {
  readonly workspace: WorkspaceId;
  readonly env: ChannelBindings;
  readonly sql: SqlStorage;
  readonly send: ChannelParts['send'];
  readonly transact: ChannelParts['transact'];
}

export function assembleParts({ workspace, env, sql, send, transact }: Surroundings): ChannelParts {
  const outbox = new Outbox(sql);
  const now = () => Date.now();
  return {
    ...{ workspace, env, send, transact, outbox, now },
    channels: new ChannelStore(sql),
    senders: new SenderStore(sql),
    rates: new SenderRates(),
    codes: new CodeStore(sql),
    updates: new UpdateStore(sql),
    replies: new ReplyStore(sql),
    safe: new ChannelSafe(env, workspace),
    ids: keyedHash(env.SALLYPORT_MASTER_KEY, 'channel-ids'),
    sessionIds: keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids'),
    record: (event) => outbox.add([{ ...event, at: now() }], now()),
  };
}
