import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCases } from '../../src/cli/cases/case-file.ts';
import { temporaryFolder } from './support/run-command.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'cases'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, 'cases', name), text);
  }
  return folder;
}

describe('readCases()', () => {
  test('reads single cases and lists, in the order of the names of their files', () => {
    const folder = folderWith({
      'b.json': '[{"expect":{"result":1}},{"name":"two","tool":"t","expect":{"matches":{"a":1}}}]',
      'a.json': '{"arguments":{"x":null},"expect":{"denied":{"check":"c","reason":"r"}}}',
      'notes.txt': 'not read',
    });
    expect(readCases(folder)).toEqual([
      {
        name: 'a.json',
        arguments: { x: null },
        expect: { kind: 'denied', check: 'c', reason: 'r' },
      },
      { name: 'b.json[0]', arguments: {}, expect: { kind: 'result', value: 1 } },
      {
        name: 'b.json[1] two',
        tool: 't',
        arguments: {},
        expect: { kind: 'matches', value: { a: 1 } },
      },
    ]);
  });

  test('a plugin without cases is not one that passes them', () => {
    expect(() => readCases(temporaryFolder())).toThrow('there must be a case');
    expect(() => readCases(folderWith({ 'notes.txt': '' }))).toThrow('there must be a case');
    expect(() => readCases(folderWith({ 'a.json': '[]' }))).toThrow('there must be a case');
  });

  test.each([
    ['no JSON', '{', 'it must be JSON'],
    ['a key twice', '{"expect":{"result":1},"expect":{"result":2}}', 'repeat a key'],
    ['nesting without end', '['.repeat(100_000), 'it must be JSON'],
    ['deep nesting', `${'['.repeat(60)}${']'.repeat(60)}`, 'nested less deeply'],
    ['no expectation', '{"arguments":{}}', 'Cannot read the case a.json'],
    ['an expectation of nothing', '{"expect":{}}', 'Cannot read the case a.json'],
    ['two at once', '{"expect":{"result":1,"matches":1}}', 'Cannot read the case a.json'],
    ['half a denial', '{"expect":{"denied":{"check":"x"}}}', 'Cannot read the case a.json'],
    ['a stray member', '{"expects":1,"expect":{"result":1}}', 'Cannot read the case a.json'],
    ['arguments that are a list', '{"arguments":[],"expect":{"result":1}}', 'Cannot read the case'],
    ['one bad case of several', '[{"expect":{"result":1}},7]', 'Cannot read the case a.json[1]'],
  ])('refuses %s', (_, text, problem) => {
    expect(() => readCases(folderWith({ 'a.json': text }))).toThrow(problem);
  });
});
