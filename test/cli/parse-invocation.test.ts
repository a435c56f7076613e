import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/cli/command.ts';
import { loadCommands } from '../../src/cli/command-table.ts';
import { parseInvocation } from '../../src/cli/parse-invocation.ts';

const command = (name: string, positionals: readonly string[] = []): Command => ({
  name,
  summary: 'does something',
  positionals,
  options: {
    lang: { value: '<name>', help: 'one value' },
    allow: { value: '<what>', repeats: true, help: 'many values' },
    json: { help: 'a switch' },
  },
  details: [],
  run: async () => 0,
});

const TABLE = [command('plugin new', ['<name>', '[folder]']), command('check')];

function parse(...argv: string[]) {
  return parseInvocation(TABLE, argv);
}

function sentence(...argv: string[]): string | undefined {
  const parsed = parse(...argv);
  return parsed.ok ? 'accepted' : parsed.error.sentence;
}

describe('parseInvocation()', () => {
  test('finds commands of one word and of two', () => {
    expect(parse('check')).toMatchObject({ ok: true, value: { command: { name: 'check' } } });
    expect(parse('plugin', 'new', 'a')).toMatchObject({
      ok: true,
      value: { command: { name: 'plugin new' } },
    });
  });

  test('gives values, lists of values and switches, wherever they stand', () => {
    const parsed = parse(
      ...['plugin', 'new', '--json', 'a', '--lang', 'x', '--allow=1', 'b', '--allow', '2'],
    );
    if (!parsed.ok) throw new Error(parsed.error.sentence);
    const { invocation } = parsed.value;
    expect(invocation.positionals).toEqual(['a', 'b']);
    expect(invocation.value('lang')).toBe('x');
    expect(invocation.values('allow')).toEqual(['1', '2']);
    expect(invocation.has('json')).toBe(true);
  });

  test('what was not given is absent, and no value is a switch', () => {
    const parsed = parse('plugin', 'new', 'a', '--lang', 'x');
    if (!parsed.ok) throw new Error(parsed.error.sentence);
    const { invocation } = parsed.value;
    expect(invocation.value('allow')).toBeUndefined();
    expect(invocation.values('allow')).toEqual([]);
    expect(invocation.has('json')).toBe(false);
    expect(invocation.has('lang')).toBe(false);
    expect(invocation.value('toString')).toBeUndefined();
  });

  test.each([
    [['--lang', '-x'], '-x', false],
    [['--lang', '--x=y'], '--x=y', false],
    [['--lang', '-', '--json'], '-', true],
  ])('a value may begin with a dash: %j', (words, value, json) => {
    const parsed = parse('check', ...words);
    if (!parsed.ok) throw new Error(parsed.error.sentence);
    expect(parsed.value.invocation.value('lang')).toBe(value);
    expect(parsed.value.invocation.has('json')).toBe(json);
  });

  test.each([['--json'], ['--allow=x'], ['-h'], ['--help'], ['--']])(
    'an option of the command is no value: %s',
    (word) => {
      expect(sentence('check', '--lang', word)).toMatch(/^Cannot read the command line: Option/);
    },
  );

  test('what stands behind "--" is no option', () => {
    const parsed = parse('plugin', 'new', '--', '--json');
    if (!parsed.ok) throw new Error(parsed.error.sentence);
    expect(parsed.value.invocation.positionals).toEqual(['--json']);
    expect(parsed.value.invocation.has('json')).toBe(false);
  });

  test.each([
    [['plugin', 'nu'], 'Cannot run "plugin nu": it must be one of the commands'],
    [['constructor'], 'Cannot run "constructor": it must be one of the commands'],
    [['plugin', 'new'], 'Cannot run "plugin new": <name> must be given'],
    [['check', 'x'], 'Cannot run "check": nothing must follow, as "x" does'],
    [['plugin', 'new', 'a', 'b', 'c'], 'Cannot run "plugin new": nothing must follow, as "c" does'],
    [
      ['check', 'x'.repeat(32)],
      `Cannot run "check": nothing must follow, as "${'x'.repeat(32)}" does`,
    ],
    [['check', 'x'.repeat(33)], 'Cannot run "check": nothing must follow'],
    [['plugin', 'x'.repeat(33)], 'Cannot run "plugin": it must be one of the commands'],
    [['check', '--lng', 'x'], "Cannot read the command line: Unknown option '--lng'"],
    [['check', '--__proto__', 'x'], "Cannot read the command line: Unknown option '--__proto__'"],
    [
      ['check', '--lang', 'x', '--lang', 'y'],
      'Cannot read the command line: "--lang" must be given once',
    ],
    [['check', '--json', '--json'], 'Cannot read the command line: "--json" must be given once'],
  ])('refuses %j', (argv, expected) => {
    expect(sentence(...argv)).toBe(expected);
  });

  test('refuses an option without its value, and a switch with one', () => {
    expect(sentence('check', '--lang')).toContain('Cannot read the command line');
    expect(sentence('check', '--lang', '--json')).toContain('Cannot read the command line');
    expect(sentence('check', '--json=yes')).toContain('Cannot read the command line');
  });

  test.each([[], ['help'], ['--help'], ['-h']])('answers %j with help on everything', (...argv) => {
    expect(parse(...argv)).toEqual({ ok: false, error: {} });
  });

  test.each([[['plugin']], [['plugin', '--help']], [['plugin', '--json']], [['help', 'plugin']]])(
    'answers the first word of several commands with help on them: %j',
    (argv) => {
      const parsed = parse(...argv);
      if (parsed.ok) throw new Error('is no command');
      expect(parsed.error.sentence).toBeUndefined();
      expect(parsed.error.family?.map(({ name }) => name)).toEqual(['plugin new']);
    },
  );

  test('answers help on a command with help on that command', () => {
    expect(parse('help', 'plugin', 'new')).toMatchObject({
      ok: false,
      error: { command: { name: 'plugin new' } },
    });
    expect(sentence('help', 'plugin', 'new')).toBeUndefined();
    expect(sentence('help', 'nothing')).toBe(
      'Cannot run "nothing": it must be one of the commands',
    );
  });

  test('answers --help with help on the command, whatever else is missing', () => {
    expect(parse('plugin', 'new', '--help')).toMatchObject({
      ok: false,
      error: { command: { name: 'plugin new' } },
    });
    expect(sentence('plugin', 'new', '-h')).toBeUndefined();
  });
});

describe('the commands', async () => {
  const commands = await loadCommands();

  test('are found by their names, each alone', async () => {
    for (const { name } of commands) {
      const found = await loadCommands([...name.split(' '), 'more']);
      expect(found.map((command) => command.name)).toEqual([name]);
    }
    expect(await loadCommands(['plugin', 'toString'])).toHaveLength(commands.length);
  });

  test('have names of their own, and none begins another', () => {
    const names = commands.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => names.some((other) => other.startsWith(`${name} `)))).toEqual([]);
  });

  test('keep to 100 characters a line in their help', () => {
    const lines = commands.flatMap(({ summary, details }) => [summary, ...details]);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });
});
