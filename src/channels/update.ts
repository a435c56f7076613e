/**
 * A message as every platform's adapter hands it on.
 *
 * @module
 */

/** Something that came with a message; fetched by nobody unless a tool is allowed to. */
export interface Attachment {
  /** The platform's id of the file, or its URL. */
  readonly reference: string;
  readonly mediaType: string;
  /** Absent where the platform does not say. */
  readonly bytes?: number;
}

export interface Update {
  /** The same when the platform delivers it again; unique on its channel. */
  readonly updateId: string;
  /** The platform's id of who wrote it. */
  readonly sender: string;
  /** Where it was written, and where the reply goes. */
  readonly chat: string;
  readonly thread?: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** Written by a program, perhaps by this very channel: never answered. */
  readonly isBot: boolean;
  /** Words of somebody else, which the sender passes on: he does not speak by them. */
  readonly isForwarded: boolean;
  /** Whether nobody but the sender reads the chat. */
  readonly isPrivate: boolean;
  /** The platform's name of the message within its chat, where that is not the update's. */
  readonly messageId?: string;
  /** What the platform wants back with the reply, perhaps a credential; kept sealed. */
  readonly replyToken?: string;
}
