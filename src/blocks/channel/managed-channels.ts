/**
 * The part of the RPC surface by which the channels of a workspace are managed: see `channel-api.ts`.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { Result } from '../../core/primitives/result.ts';
import {
  decidePairing,
  describeChannel,
  issueChatTicket,
  issueCode,
  removeChannel,
  resendReply,
  summarise,
} from './change-channels.ts';
import type {
  ChannelApi,
  ChannelDescription,
  ChannelOrder,
  ChannelSummary,
  DecidePairing,
  IssueChatTicket,
  IssueCode,
  MessageVerdict,
  PairingDescription,
} from './channel-api.ts';
import type { ChannelBindings, ChannelParts } from './channel-parts.ts';
import { writeMessage } from './write-message.ts';

type Management =
  | 'list'
  | 'find'
  | 'remove'
  | 'decidePairing'
  | 'issueCode'
  | 'issueChatTicket'
  | 'resendReply'
  | 'say';

export abstract class ManagedChannels
  extends DurableObject<ChannelBindings>
  implements Pick<ChannelApi, Management>
{
  /** `undefined` while there has been no channel. */
  protected abstract founded(): ChannelParts | undefined;

  async list(): Promise<readonly ChannelSummary[]> {
    return this.founded()?.channels.all().map(summarise) ?? [];
  }

  async find(name: string): Promise<ChannelDescription | undefined> {
    const parts = this.founded();
    return parts && describeChannel(parts, name);
  }

  async remove(actor: NamedActor, name: string): Promise<boolean> {
    const parts = this.founded();
    const channel = parts?.channels.find(name);
    if (parts === undefined || channel === undefined) return false;
    removeChannel(parts, actor, channel);
    await parts.endings.settle(this.env);
    return true;
  }

  async decidePairing(
    actor: NamedActor,
    decision: DecidePairing,
  ): Promise<Result<PairingDescription, string> | undefined> {
    const parts = this.founded();
    const decided = parts && decidePairing(parts, actor, decision);
    await parts?.endings.settle(this.env);
    return decided;
  }

  async issueCode(
    actor: NamedActor,
    order: IssueCode,
  ): Promise<{ readonly code: string; readonly expiresAt: number } | undefined> {
    const parts = this.founded();
    return parts && issueCode(parts, actor, order);
  }

  async issueChatTicket(
    actor: NamedActor,
    order: IssueChatTicket,
  ): Promise<{ readonly ticket: string; readonly expiresAt: number } | undefined> {
    const parts = this.founded();
    return parts && issueChatTicket(parts, actor, order);
  }

  async say(order: ChannelOrder): Promise<MessageVerdict> {
    const parts = this.founded();
    await parts?.sealing.ask();
    return parts === undefined ? { kind: 'no-channel' } : writeMessage(parts, order);
  }

  async resendReply(
    actor: NamedActor,
    channel: string,
    replyId: string,
  ): Promise<boolean | undefined> {
    const parts = this.founded();
    return parts && resendReply(parts, actor, { channel, replyId });
  }
}
