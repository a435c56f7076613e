/** What the pages on security say of the code, held against the code: so no page goes stale in silence. */

import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCommands } from '../src/cli/command-table.ts';
import { BLOCK_BITS } from '../src/core/capabilities/block-bits.ts';
import { FAMILIES } from '../src/core/capabilities/catalogue.ts';
import { ERROR_CODES } from '../src/core/errors/codes.ts';
import { CHECK_REASONS } from '../src/core/errors/reasons.ts';
import { codeIn, inFolder, ROOT, read, rowsOf } from './support/pages.ts';

const docs = inFolder('docs', '.md');
const security = [
  ...docs.filter(({ path }) => path.startsWith('docs/security/')),
  read('docs/incident-response.md'),
  read('SECURITY.md'),
];
const page = (name: string) => read(`docs/security/${name}`).text;

/** `{a,b}` of a shell. */
function spell(path: string): readonly string[] {
  const [, before = '', choices, after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(path) ?? [];
  return choices === undefined ? [path] : choices.split(',').map((one) => before + one + after);
}

describe.each(security)('$path', ({ path, text }) => {
  test('names only files that exist', () => {
    const named = codeIn(text)
      .filter((code) => /^(src|test|bench|scripts|docs|executor-plugins)\/[^\s*]+$/.test(code))
      .flatMap(spell);
    expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  test('links only to what exists', () => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    const broken = links
      .filter((link) => !/^(https?|mailto):/.test(link))
      .filter((link) => !existsSync(join(ROOT, dirname(path), link)));
    expect(broken).toEqual([]);
  });
});

test('every page on security is named by its index', () => {
  const index = page('README.md');
  const missing = security
    .map(({ path }) => relative('docs/security', path))
    .filter((path) => path !== 'README.md' && !index.includes(`](${path})`));
  expect(missing).toEqual([]);
});

describe('docs/security/capabilities.md', () => {
  const rows = rowsOf(page('capabilities.md'));
  test('holds the catalogue: each capability with its traits, in its order', () => {
    const families = rows.filter(([name = '']) => !name.startsWith('`CAP_'));
    expect(
      families.map(([name, resource, , dangerous, never]) => ({
        name,
        resource,
        dangerous,
        never,
      })),
    ).toEqual(
      FAMILIES.map(({ name, resource, dangerous, neverHeldBy }) => ({
        name: `\`${name}\``,
        resource: resource === 'none' ? '' : `\`${resource.placeholder}\``,
        dangerous: dangerous ? 'yes' : '',
        never: neverHeldBy.join(', '),
      })),
    );
    for (const [name, , meaning] of families) expect([name, meaning]).not.toEqual([name, '']);
  });

  test('holds every bit of blocks', () => {
    const bits = rows.filter(([name = '']) => name.startsWith('`CAP_'));
    expect(bits).toEqual(
      Object.entries(BLOCK_BITS).map(([name, { bit, family }]) => [
        `\`${name}\``,
        `${bit}`,
        `\`${family}\``,
      ]),
    );
  });
});

test('docs/security/seven-checks.md holds every reason of every check', () => {
  const listed = rowsOf(page('seven-checks.md').split('## Reasons')[1] ?? '');
  expect(
    Object.fromEntries(
      listed.map(([check = '', reasons = '']) => [codeIn(check)[0], codeIn(reasons)]),
    ),
  ).toEqual(CHECK_REASONS);
});

test('docs/security/hardening.md holds every finding there is, and no other', () => {
  const judges = inFolder('src/core/security-audit', '.ts').filter(({ path }) =>
    /judge-/.test(path),
  );
  const literals = judges.flatMap(({ text }) => [...text.matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)]);
  const ids = new Set(literals.map(([, id]) => id).filter((id) => id !== 'built-in'));
  const listed = rowsOf(page('hardening.md')).flatMap(([id = '']) => codeIn(id));
  expect([...new Set(listed)].sort()).toEqual([...ids].sort());
});

test('docs/security/tiers.md names a test beside every guarantee', () => {
  const [, table = ''] = page('tiers.md').split('## What each guarantees');
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| | '));
  const [where, ...guarantees] = rows;
  expect(where).toContain('| Where |');
  expect(guarantees.length).toBeGreaterThan(10);
  expect(guarantees.filter((row) => !codeIn(row).some((code) => code.startsWith('test/')))).toEqual(
    [],
  );
});

test('docs/security/owasp-agentic.md has a mechanism and a test for each of the ten', () => {
  const rows = page('owasp-agentic.md')
    .split('\n')
    .filter((line) => line.startsWith('| **ASI'));
  expect(rows.map((row) => row.slice(4, 9))).toEqual(
    Array.from({ length: 10 }, (_, index) => `ASI${`${index + 1}`.padStart(2, '0')}`),
  );
  for (const row of rows) {
    const [, , mechanisms = '', tests = ''] = row.split('|');
    expect(mechanisms.trim()).not.toBe('');
    expect(codeIn(tests).length).toBeGreaterThan(1);
  }
});

describe('docs/api.md', () => {
  const { text } = read('docs/api.md');

  test('holds every error code beside its status, and no other', () => {
    const rows = text.split('\n').filter((line) => /^\| [45]\d\d \| `/.test(line));
    const told = rows.flatMap((row) => {
      const [, status = '', codes = ''] = row.split('|');
      return codeIn(codes).map((code) => `${code} ${status.trim()}`);
    });
    const known = Object.entries(ERROR_CODES).map(([code, { status }]) => `${code} ${status}`);
    expect(told.toSorted()).toEqual(known.toSorted());
  });

  test('holds every event of a turn', () => {
    const source = read('src/core/conversation/turn-event.ts').text;
    const kinds = [...source.matchAll(/readonly kind: '([a-z-]+)'/g)].map(([, kind]) => kind);
    const told = rowsOf(text).flatMap(([first = '']) => codeIn(first));
    expect(kinds.length).toBeGreaterThan(10);
    expect(told.toSorted()).toEqual(kinds.toSorted());
  });
});

describe('commands', () => {
  const SHELL = /npx --no sallyport ([a-z][a-z -]*[a-z])((?:[^\n`;]|\\\n)*)/g;
  const findings = inFolder('src/core/security-audit', '.ts');
  const invocations = [...docs, ...security, ...findings].flatMap(({ path, text }) =>
    [...text.matchAll(SHELL)].map(([, words = '', rest = '']) => ({
      path,
      words,
      rest: `${words}${rest}`,
    })),
  );

  test('that are written down exist, with their options', async () => {
    expect(invocations.length).toBeGreaterThan(30);
    const commands = await loadCommands();
    const wrong = invocations.flatMap(({ path, words, rest }) => {
      const command = commands.find(({ name }) => words === name || words.startsWith(`${name} `));
      if (command === undefined) return words === 'help' ? [] : [`${path}: ${words}`];
      const options = [...rest.split('#')[0]!.matchAll(/(?<=\s)--([a-z]+)/g)].map(
        ([, option = '']) => option,
      );
      return options
        .filter((option) => option !== 'help' && !(option in command.options))
        .map((option) => `${path}: ${command.name} --${option}`);
    });
    expect(wrong).toEqual([]);
  });

  test('that ask the gateway name routes that it has, by their method', () => {
    const routes = inFolder('src/gateway/routes', '.ts').flatMap(({ text }) =>
      [...text.matchAll(/method: '(\w+)',\s*path: '([^']+)'/g)].map(([, method, path = '']) => ({
        method,
        path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      })),
    );
    const asked = [...security, ...findings].flatMap(({ path, text }) =>
      [...text.matchAll(/\bcall ((?:-X (\w+) )?)"\$URL(\/v1\/[^"?]*)[^"]*"([^\n;`]*)/g)].map(
        ([, , method, route = '', rest = '']) => ({
          path,
          method: method ?? (/^ -d /.test(rest) ? 'POST' : 'GET'),
          route: route.replaceAll(/\$\{?\w+\}?/g, 'x'),
        }),
      ),
    );
    expect(asked.length).toBeGreaterThan(25);
    const unknown = asked.filter(
      ({ method, route }) => !routes.some((one) => one.method === method && one.path.test(route)),
    );
    expect(unknown).toEqual([]);
  });
});
