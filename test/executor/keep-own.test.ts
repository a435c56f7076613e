import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Capability } from '../../src/core/capabilities/pattern.ts';
import type { NodeTicket } from '../../src/core/executor-protocol/node-ticket-claims.ts';
import { type ExecutorHome, locateHome } from '../../src/executor/executor-home.ts';
import { describeParts, keepOwn } from '../../src/executor/keep-own.ts';
import { type LocalPolicy, parseLocalPolicy } from '../../src/executor/local-policy.ts';
import { planCallAccess, planServerAccess } from '../../src/executor/plan-access.ts';
import { makeFolder } from './support/host-folders.ts';

/** As of an owner who grants all that is his, with the executor's folder in it. */
let owner: string;
let home: ExecutorHome;
let policy: LocalPolicy;

beforeEach(() => {
  owner = makeFolder();
  home = locateHome({}, join(owner, '.executor'));
  for (const name of ['.executor', 'plugins', 'plugins/echo', 'notes', '.registry']) {
    mkdirSync(join(owner, name));
  }
  for (const name of ['.executor/identity.json', '.registry/auth.json', 'notes/today.md']) {
    writeFileSync(join(owner, name), 'x');
  }
  symlinkSync(home.identityFile, join(owner, 'notes/a-link'));
  policy = parse(owner);
});

function parse(folder: string): LocalPolicy {
  const parsed = parseLocalPolicy(`
    plugin_folder = "${owner}/plugins"
    paths.write = ["${folder}"]
    container.credentials = "${owner}/.registry/auth.json"
  `);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** What a call is given that names this path, under a policy. */
function given(use: 'read' | 'write', path: string, { rules }: LocalPolicy): readonly string[] {
  const capabilities = [`tool:file:${use}:${join(owner, path)}` as Capability];
  const ticket = { call: { executor: { capabilities } } } as unknown as NodeTicket;
  const access = planCallAccess(ticket, rules);
  return access.ok ? [...access.value.reads, ...access.value.writes] : [];
}

describe('keepOwn()', () => {
  test.each([
    ['read', '.executor/identity.json'],
    ['read', '.executor'],
    ['read', 'notes/a-link'],
    ['read', '.registry/auth.json'],
    ['read', ''],
    ['write', '.executor/executor.toml'],
    ['write', '.executor/new-file'],
    ['write', 'plugins/echo/main.mjs'],
    ['write', 'plugins/echo'],
    ['write', 'new-file'],
  ] as const)('gives no call %s of "%s", though its folder is granted', (use, path) => {
    expect(given(use, path, keepOwn(policy, home))).toEqual([]);
  });

  test('leaves what else lies beside it', () => {
    const kept = keepOwn(policy, home);
    expect(given('read', 'notes/today.md', kept)).toEqual([join(owner, 'notes/today.md')]);
    expect(given('write', 'notes/new-file', kept)).toEqual([join(owner, 'notes')]);
    expect(given('read', 'plugins/echo', kept)).toEqual([join(owner, 'plugins/echo')]);
  });

  test('gives no server a folder in which it lies', () => {
    const whole = keepOwn(policy, home);
    expect(planServerAccess(whole, whole.rules)).toMatchObject({ reads: [], writes: [] });
    const part = keepOwn(parse(`${owner}/notes`), home);
    const notes = [join(owner, 'notes')];
    expect(planServerAccess(part, part.rules)).toMatchObject({ reads: notes, writes: notes });
  });

  test('finds it behind a link as well', () => {
    const other = makeFolder();
    symlinkSync(join(owner, '.executor'), join(other, 'home'));
    const kept = keepOwn(policy, locateHome({}, join(other, 'home')));
    expect(given('read', '.executor/identity.json', kept)).toEqual([]);
  });
});

describe('describeParts()', () => {
  test('names the folders of the table that hold it, and no others', () => {
    expect(describeParts(policy, home)).toEqual([
      expect.stringMatching(`^"${owner}" is given in parts`),
    ]);
    expect(describeParts(parse(`${owner}/notes`), home)).toEqual([]);
  });
});
