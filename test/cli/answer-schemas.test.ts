import { describe, expect, test } from 'vitest';
import { registryAnswers } from '../../src/cli/security/answer-schemas.ts';

const token = (change: object) => ({
  tokens: [
    { id: 'tok_1', subject: 'service:bot', grants: ['tool:call:a'], createdAt: 1, ...change },
  ],
});
const plugin = (change: object) => ({
  plugins: [
    { ...{ name: 'a', version: '1.0.0', tier: 'wasm', state: 'running', sha256: 'f' }, ...change },
  ],
});

describe('an answer of a gateway that lies', () => {
  test.each([
    ['a quote', "a'"],
    ['another quote', 'a"'],
    ['a dollar', '$(id)'],
    ['a tick', '`id`'],
    ['a semicolon', 'a;id'],
    ['a pipe', 'a|id'],
    ['a line', 'a\nid'],
    ['a space', 'a id'],
    ['a backslash', 'a\\'],
    ['nothing', ''],
    ['too much', 'a'.repeat(513)],
  ])('puts no %s into a command', (_, name) => {
    expect(registryAnswers.tokens.safeParse(token({ id: name })).success).toBe(false);
    expect(registryAnswers.tokens.safeParse(token({ subject: name })).success).toBe(false);
    expect(registryAnswers.tokens.safeParse(token({ grants: [name] })).success).toBe(false);
    expect(registryAnswers.plugins.safeParse(plugin({ name })).success).toBe(false);
  });

  test.each(['tool:network:http:*.example.com:443', 'tool:file:read:/a%20b/*', 'a'.repeat(512)])(
    'may name %s',
    (name) => {
      expect(registryAnswers.tokens.safeParse(token({ grants: [name] })).success).toBe(true);
    },
  );

  test('may know more than this clone', () => {
    expect(registryAnswers.tokens.safeParse(token({ invented: { later: true } })).success).toBe(
      true,
    );
  });
});
