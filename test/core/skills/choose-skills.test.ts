import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chooseSkills,
  isLeft,
  MAX_ACTIVE_SKILLS,
  meetTools,
  toolsWithin,
} from '../../../src/core/skills/choose-skills.ts';
import { type InstalledSkill, toSkillsPlugin } from '../../../src/core/skills/installed-skill.ts';

const skill = (name: string, change: Partial<InstalledSkill> = {}): InstalledSkill => ({
  name,
  description: `How to ${name}.`,
  metadata: {},
  triggers: { auto: true, keywords: [] },
  sha256: name.padEnd(64, '0'),
  isTrusted: true,
  installedBy: 'user:root',
  installedAt: 1,
  ...change,
});

const keyed = (name: string, ...keywords: string[]) =>
  skill(name, { triggers: { auto: true, keywords } });

const names = (skills: readonly InstalledSkill[], asked: readonly string[], text = '') => {
  const chosen = chooseSkills(skills, { asked, text });
  return chosen.ok ? chosen.value.map(({ name }) => name) : chosen.error;
};

describe('chooseSkills()', () => {
  test('takes those that are asked for, in that order and once', () => {
    expect(names([skill('a'), skill('b')], ['b', 'a', 'b'])).toEqual(['b', 'a']);
    expect(names([skill('a')], [])).toEqual([]);
  });

  test('names the one that there is not', () => {
    expect(names([skill('a')], ['a', 'c'])).toBe('c');
  });

  test.each([
    ['I want a Refund!', true],
    ['refund', true],
    ['a refunded order', false],
    ['pre-refund@example.net', false],
    ['give me my MONEY BACK, please', true],
    ['my money\n  back', true],
    ['money, back', false],
  ])('finds its keywords in %j: %s', (text, isThere) => {
    expect(names([keyed('refunds', 'refund', 'money back')], [], text)).toEqual(
      isThere ? ['refunds'] : [],
    );
  });

  test.each([
    ['CAF\u00c9', 'caf\u00e9'],
    ['cafe\u0301', 'caf\u00e9'],
    ['STRASSE', 'stra\u00dfe'],
    ['\u03aa\u0301', '\u0390'],
    ['\uff52\uff45\uff46\uff55\uff4e\uff44', 'refund'],
  ])('knows a keyword again in %j', (text, keyword) => {
    expect(names([keyed('visits', keyword)], [], text)).toEqual(['visits']);
  });

  test('lets no keyword bring in what strangers wrote', () => {
    const stranger = { ...keyed('refunds', 'refund'), isTrusted: false };
    expect(names([stranger], [], 'refund')).toEqual([]);
    expect(names([stranger], ['refunds'])).toEqual(['refunds']);
  });

  test('brings in no more than so many', () => {
    const many = Array.from({ length: MAX_ACTIVE_SKILLS + 1 }, (_, i) => keyed(`s${i}`, 'word'));
    expect(names(many.slice(1), [], 'word')).toHaveLength(MAX_ACTIVE_SKILLS);
    expect(names(many, [], 'word')).toHaveLength(MAX_ACTIVE_SKILLS);
  });
});

describe('toolsWithin()', () => {
  const tools = fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')), { nil: undefined });

  test('leaves what every skill leaves: one more never adds a tool', () => {
    fc.assert(
      fc.property(fc.array(tools, { maxLength: 4 }), tools, (lists, more) => {
        const toSkills = (all: readonly (readonly string[] | undefined)[]) =>
          all.map((allowedTools) => (allowedTools ? { allowedTools } : {}));
        const before = toolsWithin(toSkills(lists));
        const after = toolsWithin(toSkills([...lists, more]));
        for (const tool of ['a', 'b', 'c', 'd']) {
          if (isLeft(after, tool)) expect(isLeft(before, tool)).toBe(true);
        }
      }),
    );
  });

  test('takes an empty list for none, and a missing one for all', () => {
    expect(isLeft(toolsWithin([{ allowedTools: [] }]), 'a')).toBe(false);
    expect(isLeft(toolsWithin([{}]), 'a')).toBe(true);
    expect(isLeft(meetTools(['a'], undefined), 'b')).toBe(false);
    expect(isLeft([], 'load-skill')).toBe(true);
  });
});

describe('toSkillsPlugin()', () => {
  const hash = (text: string) => text;

  test('tells models of the skills that are trusted and want to be told of', () => {
    const plugin = toSkillsPlugin(
      [
        skill('shown', { description: 'x'.repeat(256) }),
        skill('long', { description: 'y'.repeat(257) }),
        skill('theirs', { isTrusted: false }),
        skill('quiet', { triggers: { auto: false, keywords: [] } }),
      ],
      hash,
    );
    const [tool] = plugin?.tools ?? [];
    expect(tool?.description).toContain(`- shown: ${'x'.repeat(256)}`);
    expect(tool?.description).toContain(`- long: ${'y'.repeat(255)}…`);
    expect(tool?.description).not.toMatch(/theirs|quiet/);
    expect(JSON.stringify(tool?.inputSchema)).not.toMatch(/theirs|quiet/);
  });

  test('is another plugin when one of them changes, and none when there is nothing to tell', () => {
    const before = toSkillsPlugin([skill('a')], hash);
    const after = toSkillsPlugin([skill('a', { sha256: 'f'.repeat(64) })], hash);
    expect(after?.codeHash).not.toBe(before?.codeHash);
    expect(toSkillsPlugin([skill('theirs', { isTrusted: false })], hash)).toBeUndefined();
  });
});
