import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/core/conversation/message.ts';
import { toPassages } from '../../src/models/paired-conversation.ts';
import { assistant, toolMessage, user } from './support/request.ts';

const call = (id: string, name = 'text-stats', argumentsText = '{"a":1}') => ({
  id,
  name,
  argumentsText,
});
const system = (content: string): Message => ({ role: 'system', content, label: user('').label });

describe('toPassages()', () => {
  test('pairs each call with its result, by id, in whatever order results come', () => {
    const [a, b] = [call('a'), call('b')];
    const passages = toPassages([
      user('Hi'),
      assistant('', a, b),
      toolMessage(b, 'B'),
      toolMessage(a, 'A'),
    ]);
    expect(passages[1]).toMatchObject({
      calls: [
        { id: 'a', input: { a: 1 }, result: 'A', isError: false },
        { id: 'b', result: 'B' },
      ],
    });
  });

  test('gives a call without a result one that says so', () => {
    const passages = toPassages([assistant('', call('a')), user('Next')]);
    expect(passages[0]).toMatchObject({
      calls: [{ isError: true, result: 'This tool call has no result.' }],
    });
  });

  test('keeps a result without a call as text', () => {
    const passages = toPassages([user('Hi'), toolMessage(call('a'), 'A')]);
    expect(passages[1]).toEqual({ kind: 'user', text: 'Result of the tool text-stats: A' });
  });

  test.each(['', 'a b', 'x'.repeat(65), 'ü'])('replaces the id %j, which vendors refuse', (id) => {
    const [passage] = toPassages([assistant('', call(id)), toolMessage(call(id), 'A')]);
    expect(passage).toMatchObject({
      calls: [{ id: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), result: 'A' }],
    });
  });

  test('gives calls that share an id ids of their own, and each its own result', () => {
    const [first, second] = toPassages([
      assistant('', call('a'), call('a')),
      toolMessage(call('a'), '1'),
      toolMessage(call('a'), '2'),
      assistant('', call('a')),
      toolMessage(call('a'), '3'),
    ]);
    const calls = [first, second].flatMap((passage) =>
      passage?.kind === 'assistant' ? passage.calls : [],
    );
    expect(calls.map(({ result }) => result)).toEqual(['1', '2', '3']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
  });

  test.each([
    ['rm -rf /', 'rm_-rf__'],
    ['', 'unnamed'],
    ['x'.repeat(80), 'x'.repeat(64)],
  ])('writes the name %j as %j', (name, written) => {
    expect(toPassages([assistant('', call('a', name))])[0]).toMatchObject({
      calls: [{ name: written }],
    });
  });

  test.each([
    ['', {}],
    ['{"a":', { malformed: '{"a":' }],
    ['[1]', { malformed: '[1]' }],
    ['{"a":1,"a":2}', { malformed: '{"a":1,"a":2}' }],
  ])('shows the arguments %j as %j', (argumentsText, input) => {
    expect(toPassages([assistant('', call('a', 'x', argumentsText))])[0]).toMatchObject({
      calls: [{ input }],
    });
  });

  test('shows arguments as a text where they are nested too deeply to be written again', () => {
    const nested = `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
    const [passage] = toPassages([assistant('', call('a', 'x', nested))]);
    expect(passage?.kind === 'assistant' && passage.calls[0]?.input).toEqual({ malformed: nested });
  });

  test('keeps system messages at the beginning, and turns later ones into notes', () => {
    expect(toPassages([system('A'), system('B'), user('Hi'), system('C')])).toEqual([
      { kind: 'system', text: 'A' },
      { kind: 'system', text: 'B' },
      { kind: 'user', text: 'Hi' },
      { kind: 'user', text: 'Note from the system: C' },
    ]);
  });

  test('leaves an empty reply out, and says of an empty question that it is one', () => {
    expect(toPassages([user(' '), assistant('')])).toEqual([
      { kind: 'user', text: '(empty message)' },
    ]);
  });

  test('never shows two calls with one id, whatever a history holds', () => {
    const id = fc.constantFrom('a', 'b', '', 'call_0', 'call_1', 'ü');
    const message = fc.oneof(
      fc.constant<Message>(user('Hi')),
      fc
        .array(id, { maxLength: 3 })
        .map((ids): Message => assistant('', ...ids.map((one) => call(one)))),
      id.map((one): Message => toolMessage(call(one), 'A')),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        const ids = toPassages(messages).flatMap((passage) =>
          passage.kind === 'assistant' ? passage.calls.map((one) => one.id) : [],
        );
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});
