/**
 * One entry of a conversation, each with the label of its provenance.
 *
 * @module
 */

import type { Label } from '../policy/labels.ts';
import type { JsonArray } from '../primitives/json.ts';
import type { TrustedFields } from '../provenance/trusted-fields.ts';
import type { WrittenToolCall } from './tool-call.ts';

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

export interface SystemMessage {
  readonly role: 'system';
  readonly content: string;
  readonly label: Label;
}

export interface UserMessage {
  readonly role: 'user';
  readonly content: string;
  readonly label: Label;
  /** What stands for messages that are not shown any more: nobody's own words, whatever its label. */
  readonly author?: 'gateway';
}

/** A model's reply. Its calls are kept as written, since vendors demand them in the follow-up. */
export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: string;
  readonly toolCalls: readonly WrittenToolCall[];
  readonly label: Label;
  readonly echo?: VendorEcho;
}

/**
 * What a vendor demands back unchanged with its reply in the follow-up, such as signed reasoning.
 * Opaque to all but the adapter that wrote it, and sent to the same model only.
 */
export interface VendorEcho {
  /** `provider/model` that wrote the reply. */
  readonly model: string;
  readonly parts: JsonArray;
}

/** The answer to one tool call: a result's content, or the fixed sentence of a denial. */
export interface ToolMessage {
  readonly role: 'tool';
  readonly modelCallId: string;
  readonly toolName: string;
  readonly content: string;
  readonly isError: boolean;
  /** Of the whole. */
  readonly label: Label;
  /** The fields of the content that its tool vouches for; absent where there are none. */
  readonly fields?: TrustedFields;
}
