/**
 * What a vendor wants back with its reply, written while the reply is read.
 *
 * Models that think demand their signed reasoning unchanged, and in its place between text and
 * calls. The echo holds reasoning, signatures and the order; text and calls themselves are in the
 * message and are not stored twice.
 *
 * @module
 */

import type { LanguageModelV4StreamPart, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { AssistantMessage, VendorEcho } from '../core/conversation/message.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/primitives/json.ts';

export type EchoedPart =
  | { readonly kind: 'reasoning'; readonly text: string; readonly options?: Options }
  /** So many UTF-16 code units of the message's content. */
  | { readonly kind: 'text'; readonly characters: number; readonly options?: Options }
  | { readonly kind: 'call'; readonly index: number; readonly options?: Options };

type Options = SharedV4ProviderOptions;

/** Longest echo that is kept, in characters of JSON; a longer one is dropped whole. */
export const MAX_ECHO_CHARACTERS = 262_144;

export interface EchoRecorder {
  /** Takes every part of the stream, in order. */
  record(part: LanguageModelV4StreamPart): void;
  /** Nothing unless the reply held something that cannot be told from message and calls. */
  finish(): VendorEcho | undefined;
}

interface OpenPart {
  readonly id: string;
  readonly kind: 'reasoning' | 'text';
  text: string;
  options: Options | undefined;
}

export function createEchoRecorder(model: string): EchoRecorder {
  const parts: (EchoedPart | OpenPart)[] = [];
  let calls = 0;

  const append = (id: string, kind: OpenPart['kind'], text: string, options?: Options) => {
    let open = parts.find((part): part is OpenPart => isOpen(part, id, kind));
    if (open === undefined) {
      open = { id, kind, text: '', options: undefined };
      parts.push(open);
    }
    open.text += text;
    open.options = options ?? open.options;
  };

  return {
    record(part) {
      if (part.type === 'tool-call') {
        parts.push({ kind: 'call', index: calls++, ...toOptions(part.providerMetadata) });
        return;
      }
      const place = PLACES[part.type];
      if (place === undefined || !('id' in part) || part.id === undefined) return;
      const text = 'delta' in part ? part.delta : '';
      append(part.id, place, text, 'providerMetadata' in part ? part.providerMetadata : undefined);
    },
    finish() {
      const closed = parts.map(close);
      const isTelling = closed.some((part) => part.kind === 'reasoning' || part.options);
      if (!isTelling) return undefined;
      const echo = { model, parts: closed as unknown as JsonValue[] };
      return JSON.stringify(echo).length > MAX_ECHO_CHARACTERS ? undefined : echo;
    },
  };
}

const PLACES: { readonly [type in LanguageModelV4StreamPart['type']]?: OpenPart['kind'] } = {
  'reasoning-start': 'reasoning',
  'reasoning-delta': 'reasoning',
  'reasoning-end': 'reasoning',
  'text-start': 'text',
  'text-delta': 'text',
  'text-end': 'text',
};

function isOpen(part: EchoedPart | OpenPart, id: string, kind: OpenPart['kind']): boolean {
  return 'id' in part && part.id === id && part.kind === kind;
}

function close(part: EchoedPart | OpenPart): EchoedPart {
  if (!('id' in part)) return part;
  const options = toOptions(part.options);
  return part.kind === 'reasoning'
    ? { kind: 'reasoning', text: part.text, ...options }
    : { kind: 'text', characters: part.text.length, ...options };
}

function toOptions(options: Options | undefined): { readonly options?: Options } {
  return options === undefined ? {} : { options };
}

/** The echo of a reply that this very model wrote; nothing for any other. */
export function readEcho(
  message: AssistantMessage,
  model: string,
): readonly EchoedPart[] | undefined {
  if (message.echo === undefined || message.echo.model !== model) return undefined;
  const parts = message.echo.parts.map(readPart);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function readPart(value: JsonValue): EchoedPart | undefined {
  if (!isJsonObject(value)) return undefined;
  const { kind, text, characters, index } = value;
  const options = readOptions(value.options);
  if (kind === 'reasoning' && typeof text === 'string') return { kind, text, ...options };
  if (kind === 'text' && typeof characters === 'number') return { kind, characters, ...options };
  if (kind === 'call' && typeof index === 'number') return { kind, index, ...options };
  return undefined;
}

function readOptions(value: JsonValue | undefined): { readonly options?: Options } {
  if (!isJsonObject(value)) return {};
  const vendors = Object.entries(value).filter((entry): entry is [string, JsonObject] =>
    isJsonObject(entry[1]),
  );
  return { options: structuredClone(Object.fromEntries(vendors)) as Options };
}
