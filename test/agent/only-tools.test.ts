import { describe, expect, test } from 'vitest';
import { onlyToolsOf } from '../../src/agent/only-tools.ts';
import type { AssistantMessage } from '../../src/core/conversation/message.ts';
import { PRINCIPAL_LABEL } from '../../src/core/policy/labels.ts';
import type { InstalledSkill } from '../../src/core/skills/installed-skill.ts';

const skill = (name: string, allowedTools?: readonly string[]): InstalledSkill => ({
  name,
  description: name,
  metadata: {},
  triggers: { auto: true, keywords: [] },
  sha256: '0'.repeat(64),
  isTrusted: true,
  installedBy: 'user:root',
  installedAt: 1,
  ...(allowedTools && { allowedTools }),
});

const reply = (name: string, argumentsText: string): AssistantMessage => ({
  role: 'assistant',
  content: '',
  toolCalls: [{ id: 'c', name, argumentsText }],
  label: PRINCIPAL_LABEL,
});
const load = (name: string) => reply('load-skill', JSON.stringify({ name }));

const SKILLS = [skill('ab', ['a', 'b']), skill('bc', ['b', 'c']), skill('free')];

const turnOf = (history: readonly AssistantMessage[], onlyTools?: readonly string[]) => ({
  history,
  authority: { skills: SKILLS },
  ...(onlyTools && { onlyTools }),
});

describe('onlyToolsOf()', () => {
  test('leaves everything until a skill that narrows is loaded', () => {
    const turn = turnOf([]);
    expect(onlyToolsOf({ turn, messages: [] })).toBeUndefined();
    expect(onlyToolsOf({ turn, messages: [load('free')] })).toBeUndefined();
    expect(onlyToolsOf({ turn, messages: [load('ab')] })).toEqual(['a', 'b']);
    expect(onlyToolsOf({ turn, messages: [load('ab'), load('bc')] })).toEqual(['b']);
  });

  test('holds already for the reply that asks for the skill', () => {
    expect(onlyToolsOf({ turn: turnOf([]), messages: [] }, load('ab'))).toEqual(['a', 'b']);
  });

  test('narrows what the turn began with further, and never widens it', () => {
    const turn = turnOf([], ['b', 'z']);
    expect(onlyToolsOf({ turn, messages: [] })).toEqual(['b', 'z']);
    expect(onlyToolsOf({ turn, messages: [load('ab')] })).toEqual(['b']);
    expect(onlyToolsOf({ turn, messages: [load('free')] })).toEqual(['b', 'z']);
  });

  test('forgets what earlier turns have loaded', () => {
    const history = [load('ab')];
    expect(onlyToolsOf({ turn: turnOf(history), messages: history })).toBeUndefined();
  });

  test.each([
    ['another tool', reply('text-stats', '{"name":"ab"}')],
    ['a skill that there is not', load('zz')],
    ['what is no JSON', reply('load-skill', '{"name":')],
    ['no name', reply('load-skill', '{"name":1}')],
  ])('is not moved by %s', (_, message) => {
    expect(onlyToolsOf({ turn: turnOf([]), messages: [message] })).toBeUndefined();
  });
});
