import { describe, expect, test } from 'vitest';
import { chainRecord, checkpointText, GENESIS } from '../../../src/core/audit/chain.ts';
import { event, sha256 } from './chain-builder.ts';

const content = { seq: 1, source: 'ses', sourceSeq: 1, event: event(5), previousHash: GENESIS };

describe('chainRecord()', () => {
  test('hashes the canonical JSON of everything but the hash', () => {
    const text = `{"event":{"action":"tool-call","actor":"user:alice","at":5,"decision":"allowed","tool":"text-stats"},"previousHash":"${GENESIS}","seq":1,"source":"ses","sourceSeq":1}`;
    expect(chainRecord(content, sha256).hash).toBe(sha256(new TextEncoder().encode(text)));
  });

  test('gives the same hash whatever the order of the members', () => {
    const { action, actor, at, decision, tool } = event(5);
    const shuffled = { ...content, event: { tool, decision, at, actor, action } };
    expect(chainRecord(shuffled as typeof content, sha256).hash).toBe(
      chainRecord(content, sha256).hash,
    );
  });

  test('keeps nothing but the members of a record', () => {
    const extended = { ...content, hash: 'forged', more: 1 };
    expect(chainRecord(extended, sha256)).toEqual({
      ...content,
      hash: chainRecord(content, sha256).hash,
    });
  });
});

describe('checkpointText()', () => {
  test('differs in workspace, number and hash', () => {
    const texts = [
      checkpointText('a', 1, 'ff'),
      checkpointText('b', 1, 'ff'),
      checkpointText('a', 11, 'ff'),
      checkpointText('a', 1, 'fe'),
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });
});
