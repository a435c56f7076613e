import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFrontMatter } from '../../../src/core/skills/front-matter.ts';
import { parseSkill, SKILL_LIMITS } from '../../../src/core/skills/skill-document.ts';

const document = (fields: string, body = 'Do so.') => `---\n${fields}\n---\n\n${body}\n`;
const FIELDS = 'name: filing\ndescription: How to file.';

const parse = (fields: string, body?: string) => {
  const parsed = parseSkill(document(fields, body));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
};

const problems = (text: string) => {
  const parsed = parseSkill(text);
  return parsed.ok ? [] : parsed.error.map(({ pointer, detail }) => `${pointer} ${detail}`);
};

describe('parseSkill()', () => {
  test('reads what agentskills.io describes', () => {
    const fields = [
      FIELDS,
      'license: Apache-2.0 # see the file',
      'compatibility: "Needs \\"git\\""',
      'allowed-tools: text-stats, json-query  text-stats',
      'metadata:',
      "  author: 'it''s me'",
      '  sallyport-keywords: Refund, money back',
    ].join('\n');
    expect(parse(fields)).toEqual({
      name: 'filing',
      description: 'How to file.',
      license: 'Apache-2.0',
      compatibility: 'Needs "git"',
      allowedTools: ['text-stats', 'json-query'],
      metadata: { author: "it's me", 'sallyport-keywords': 'Refund, money back' },
      triggers: { auto: true, keywords: ['refund', 'money back'] },
      body: 'Do so.',
    });
  });

  test.each([
    ['allowed-tools: [a, "b"]', ['a', 'b']],
    ['allowed-tools:\n  - a\n  - b', ['a', 'b']],
    ['allowed-tools: []', []],
    ['allowed-tools: Bash(git:*) Read', ['Bash(git:*)', 'Read']],
  ])('takes tools as %s', (line, tools) => {
    expect(parse(`${FIELDS}\n${line}`).allowedTools).toEqual(tools);
  });

  test.each([
    ['description: >\n  One\n  two.', 'One two.'],
    ['description: |\n  One\n  two.', 'One\ntwo.'],
    ['description: One\n  two.', 'One two.'],
  ])('takes a text of several lines as %j', (line, description) => {
    expect(parse(`name: filing\n${line}`).description).toBe(description);
  });

  test('lets an author turn triggers off', () => {
    const keywords = '  sallyport-keywords: refund';
    const only = (triggers: string) =>
      parse(`${FIELDS}\nmetadata:\n  sallyport-triggers: ${triggers}\n${keywords}`).triggers;
    expect(only('manual')).toEqual({ auto: false, keywords: [] });
    expect(only('keyword')).toEqual({ auto: false, keywords: ['refund'] });
    expect(only('auto')).toEqual({ auto: true, keywords: [] });
  });

  test.each([
    ['no front matter', 'Do so.'],
    ['a front matter without an end', `---\n${FIELDS}\n`],
    ['no name', document('description: How.')],
    ['no description', document('name: filing')],
    ['a name in capitals', document('name: Filing\ndescription: How.')],
    ['a name twice', document(`${FIELDS}\nname: other`)],
    ['an unknown field', document(`${FIELDS}\nallowed_tools: a`)],
    ['no body', document(FIELDS, ' ')],
    ['an unknown trigger', document(`${FIELDS}\nmetadata:\n  sallyport-triggers: always`)],
    ['a keyword without a letter', document(`${FIELDS}\nmetadata:\n  sallyport-keywords: "?!"`)],
    ['an alias', document('name: filing\ndescription: *other')],
    ['a tag', document('name: filing\ndescription: !!str x')],
    ['an object in one line', document(`${FIELDS}\nmetadata: {a: b}`)],
    ['members within members', document(`${FIELDS}\nmetadata:\n  a:\n    b: c`)],
    ['a member twice', document(`${FIELDS}\nmetadata:\n  a: b\n  a: c`)],
    ['text after a quoted text', document('name: filing\ndescription: "a" b')],
  ])('refuses %s', (_, text) => {
    expect(problems(text)).not.toEqual([]);
  });

  test('reports all that is wrong at once', () => {
    expect(problems(document('name: A\nother: x', ''))).toHaveLength(4);
  });

  test.each([
    ['name', SKILL_LIMITS.name, (n: number) => document(`name: ${'a'.repeat(n)}\ndescription: x`)],
    [
      'description',
      SKILL_LIMITS.description,
      (n: number) => document(`name: a\ndescription: ${'x'.repeat(n)}`),
    ],
    ['body', SKILL_LIMITS.body, (n: number) => document(FIELDS, 'x'.repeat(n))],
    [
      'tools',
      SKILL_LIMITS.tools,
      (n: number) =>
        document(`${FIELDS}\nallowed-tools: ${Array.from({ length: n }, (_, i) => `t${i}`)}`),
    ],
    [
      'keywords',
      SKILL_LIMITS.keywords,
      (n: number) =>
        document(
          `${FIELDS}\nmetadata:\n  sallyport-keywords: ${Array.from({ length: n }, (_, i) => `k${i}`)}`,
        ),
    ],
  ])('takes a %s up to its limit, and no more', (_, most, make) => {
    expect(problems(make(most))).toEqual([]);
    expect(problems(make(most + 1))).not.toEqual([]);
  });

  test('takes a document up to its limit, and no more', () => {
    const shell = document(`${FIELDS}\n#`, 'x').length;
    const padded = (length: number) => document(`${FIELDS}\n#${' '.repeat(length - shell)}`, 'x');
    expect(problems(padded(SKILL_LIMITS.document))).toEqual([]);
    expect(problems(padded(SKILL_LIMITS.document + 1))).not.toEqual([]);
  });
});

describe('readFrontMatter()', () => {
  test('answers whatever it is given, and never makes a value out of nothing', () => {
    const strange = fc.stringMatching(/^[a-z:\- "'[\]|>#&*,]{0,20}$/);
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const field = fc.tuple(word, fc.oneof(word, strange)).map((parts) => parts.join(': '));
    const line = fc.oneof({ weight: 4, arbitrary: field }, { weight: 1, arbitrary: strange });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const read = readFrontMatter(`---\n${lines.join('\n')}\n---\nbody`);
        if (!read.ok) {
          expect(read.error).toMatch(/^must /);
          return;
        }
        for (const [name, value] of read.value.fields) {
          expect(lines.some((candidate) => candidate.startsWith(`${name}:`))).toBe(true);
          expect(value).toBeDefined();
        }
      }),
    );
  });

  test('keeps a member named like a part of every object to itself', () => {
    expect(parse(`${FIELDS}\nmetadata:\n  constructor: x`).metadata).toEqual({ constructor: 'x' });
    expect(problems(document(`${FIELDS}\nconstructor: x`))).not.toEqual([]);
    expect(problems(document(`${FIELDS}\nmetadata:\n  __proto__: x`))).not.toEqual([]);
  });
});
