import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MAX_RECEIPT_BYTES,
  parseReceipt,
} from '../../../src/core/executor-protocol/executor-receipt.ts';
import {
  MAX_ARGUMENT_CHARS,
  MAX_PROGRESS_CHARS,
  MAX_TICKET_CHARS,
  parseExecutorFrame,
  parseGatewayFrame,
} from '../../../src/core/executor-protocol/frames.ts';
import { enrolmentText, handshakeText } from '../../../src/core/executor-protocol/handshake.ts';
import { MAX_SEALED_CHARS } from '../../../src/core/executor-protocol/sealed-secrets.ts';

const NONCE = 'aA0-_'.padEnd(43, 'n');
const SIGNATURE = 'aA0-_'.padEnd(86, 's');
const OFFER = { version: '0.1.0', platform: 'linux x64', slots: 1, plugins: [] };
const CALL = { kind: 'call', callKey: 'turn_1/0/0', ticket: 't', arguments: '{}' };

const toExecutor = (frame: object) => parseGatewayFrame(JSON.stringify(frame));
const toGateway = (frame: object) => parseExecutorFrame(JSON.stringify(frame));

describe('frames', () => {
  test('are read as they were written', () => {
    const hello = { kind: 'hello', version: 1, nonce: NONCE };
    expect(toGateway(hello)).toEqual(hello);
    expect(toExecutor(CALL)).toEqual(CALL);
  });

  test.each([
    { kind: 'proof', signature: SIGNATURE, offer: OFFER },
    { kind: 'done', callKey: 'c', receipt: '{}', signature: SIGNATURE, output: '' },
    { kind: 'done', callKey: 'c', receipt: 'x'.repeat(MAX_RECEIPT_BYTES), signature: SIGNATURE },
    { kind: 'absent', callKey: 'c' },
    { kind: 'draining' },
  ])('of an executor are $kind, with nothing beside', (frame) => {
    expect(toGateway(frame)).toEqual(frame);
    expect(toGateway({ ...frame, note: 'x' })).toBeUndefined();
    expect(toExecutor(frame)).toBeUndefined();
  });

  test.each([
    { kind: 'challenge', nonce: NONCE, signature: SIGNATURE },
    { kind: 'welcome' },
    { ...CALL, config: '{}', secrets: 's'.repeat(MAX_SEALED_CHARS) },
    { kind: 'cancel', callKey: 'c' },
    { kind: 'recall', callKey: 'c' },
    { kind: 'let-go' },
  ])('of a gateway are $kind, with nothing beside', (frame) => {
    expect(toExecutor(frame)).toEqual(frame);
    expect(toExecutor({ ...frame, note: 'x' })).toBeUndefined();
    expect(toGateway(frame)).toBeUndefined();
  });

  test.each([
    ['a shorter nonce', { kind: 'challenge', nonce: NONCE.slice(1), signature: SIGNATURE }],
    ['a longer nonce', { kind: 'challenge', nonce: `${NONCE}n`, signature: SIGNATURE }],
    ['a shorter signature', { kind: 'challenge', nonce: NONCE, signature: SIGNATURE.slice(1) }],
    ['a longer signature', { kind: 'challenge', nonce: NONCE, signature: `${SIGNATURE}_` }],
    ['no call', { kind: 'cancel', callKey: '' }],
    ['longer secrets', { ...CALL, secrets: 's'.repeat(MAX_SEALED_CHARS + 1) }],
  ])('are none with %s', (_, frame) => {
    expect(toExecutor(frame)).toBeUndefined();
  });

  test('are none with a longer receipt', () => {
    const done = { kind: 'done', callKey: 'c', signature: SIGNATURE };
    expect(toGateway({ ...done, receipt: 'x'.repeat(MAX_RECEIPT_BYTES + 1) })).toBeUndefined();
  });

  test('of one side are none of the other', () => {
    expect(toGateway(CALL)).toBeUndefined();
    expect(toExecutor({ kind: 'absent', callKey: 'turn_1/0/0' })).toBeUndefined();
  });

  test.each([
    [
      'ticket',
      { ...CALL, ticket: 'x'.repeat(MAX_TICKET_CHARS) },
      { ...CALL, ticket: 'x'.repeat(MAX_TICKET_CHARS + 1) },
    ],
    [
      'arguments',
      { ...CALL, arguments: 'x'.repeat(MAX_ARGUMENT_CHARS) },
      { ...CALL, arguments: 'x'.repeat(MAX_ARGUMENT_CHARS + 1) },
    ],
    ['call key', { ...CALL, callKey: 'x'.repeat(128) }, { ...CALL, callKey: 'x'.repeat(129) }],
  ])('bound their %s', (_, longest, tooLong) => {
    expect(toExecutor(longest)).toEqual(longest);
    expect(toExecutor(tooLong)).toBeUndefined();
  });

  test('bound progress', () => {
    const progress = (length: number) => ({
      kind: 'progress',
      callKey: 'c',
      text: 'x'.repeat(length),
    });
    expect(toGateway(progress(MAX_PROGRESS_CHARS))).toBeDefined();
    expect(toGateway(progress(MAX_PROGRESS_CHARS + 1))).toBeUndefined();
  });

  test('never break on what anybody may write', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseExecutorFrame(text)).toBeUndefined();
        expect(parseGatewayFrame(text)).toBeUndefined();
        expect(parseReceipt(text)).toBeUndefined();
      }),
    );
  });
});

describe('handshakeText()', () => {
  test('differs by role and by each of its parts', () => {
    const shake = { workspace: 'w', node: 'n', executorNonce: 'e', gatewayNonce: 'g' };
    const texts = [
      handshakeText('gateway', shake),
      handshakeText('executor', shake),
      ...Object.keys(shake).map((part) => handshakeText('executor', { ...shake, [part]: 'other' })),
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });

  test('is of another purpose than what is signed at enrolment', () => {
    const shake = { workspace: 'w', node: 'n', executorNonce: 'e', gatewayNonce: 'g' };
    const [purpose] = handshakeText('executor', shake).split('\n');
    const [other, ...parts] = enrolmentText('code', 'key').split('\n');
    expect(other).not.toBe(purpose);
    expect(parts).toEqual(['code', 'key']);
  });
});
