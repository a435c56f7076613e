import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import type { VendorEcho } from '../../src/core/conversation/message.ts';
import { createEchoRecorder, MAX_ECHO_CHARACTERS, readEcho } from '../../src/models/vendor-echo.ts';
import { assistant } from './support/request.ts';

const MODEL = 'vendor/model';
const SIGNED = { vendor: { signature: 's' } };

function record(...parts: readonly LanguageModelV4StreamPart[]): VendorEcho | undefined {
  const recorder = createEchoRecorder(MODEL);
  for (const part of parts) recorder.record(part);
  return recorder.finish();
}

function reasoning(text: string): LanguageModelV4StreamPart[] {
  return [
    { type: 'reasoning-start', id: 'r' },
    { type: 'reasoning-delta', id: 'r', delta: text },
    { type: 'reasoning-end', id: 'r', providerMetadata: SIGNED },
  ];
}

describe('an echo', () => {
  test('is not needed for plain text and plain calls', () => {
    expect(
      record(
        { type: 'text-start', id: 't' },
        { type: 'text-delta', id: 't', delta: 'Hi' },
        { type: 'tool-call', toolCallId: 'c', toolName: 'x', input: '{}' },
      ),
    ).toBeUndefined();
  });

  test('holds reasoning, signatures and order, and nothing that the message holds itself', () => {
    const echo = record(
      ...reasoning('hm'),
      { type: 'text-delta', id: 't', delta: 'private words' },
      {
        type: 'tool-call',
        toolCallId: 'c',
        toolName: 'x',
        input: '{"private":1}',
        providerMetadata: SIGNED,
      },
    );
    expect(echo?.parts).toEqual([
      { kind: 'reasoning', text: 'hm', options: SIGNED },
      { kind: 'text', characters: 13 },
      { kind: 'call', index: 0, options: SIGNED },
    ]);
    expect(JSON.stringify(echo)).not.toContain('private');
  });

  test('of any length within the limit is kept, and a longer one is dropped whole', () => {
    const frame = JSON.stringify(record(...reasoning(''))).length;
    expect(record(...reasoning('x'.repeat(MAX_ECHO_CHARACTERS - frame)))).toBeDefined();
    expect(record(...reasoning('x'.repeat(MAX_ECHO_CHARACTERS - frame + 1)))).toBeUndefined();
  });

  test.each<[string, VendorEcho]>([
    ['of another model', { model: 'vendor/other', parts: [] }],
    ['with a part of no known kind', { model: MODEL, parts: [{ kind: 'image' }] }],
    ['with a part that is no object', { model: MODEL, parts: ['x'] }],
    ['with reasoning that is no text', { model: MODEL, parts: [{ kind: 'reasoning', text: 1 }] }],
  ])('%s is not sent', (_, echo) => {
    expect(readEcho({ ...assistant('Hi'), echo }, MODEL)).toBeUndefined();
  });
});
