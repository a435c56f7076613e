/**
 * The dependency rules of `src/README.md`, as a test.
 *
 * A folder may import from itself and from what stands against it here. Anything else is a
 * design change: change this table in the same commit, and say why.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../src');

/** The doors of `blocks`: what reaches an object, what it answers, how names and keys are made, and how long is waited. */
const BLOCK_DOORS =
  /^blocks\/([a-z-]+\/[a-z-]+-(client|api)|kit\/(keys|signing-key|signatures|bindings|gateway-identity|content-seal|sealing|tables|within))\.ts$/;

const MAY_IMPORT: Record<string, readonly (string | RegExp)[]> = {
  core: [],
  'wasm-hardening': ['core'],
  'plugin-review': ['core', 'wasm-hardening'],
  agent: ['core'],
  models: ['core', 'agent'],
  channels: ['core'],
  blocks: ['core', 'channels'],
  tiers: ['core', 'agent', 'wasm-hardening', 'plugin-review', BLOCK_DOORS],
  gateway: ['core', 'agent', 'channels', BLOCK_DOORS, 'models', 'tiers', 'plugin-review'],
  client: ['core'],
  cli: ['core', 'plugin-review', 'executor', 'client'],
  executor: ['core'],
  'worker.ts': ['gateway', 'blocks', 'tiers'],
};

/** Packages that `core` may use; everything there must run unchanged in Node and in workerd. */
const CORE_PACKAGES = ['zod', '@cfworker/json-schema', 'tr46', 'ipaddr.js', 'croner'];

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8');
    return { path, text, imports: importsOf(path, text) };
  });

function importsOf(path: string, text: string): string[] {
  const specifiers = text.matchAll(
    /^(?:import|export)[^'";]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...specifiers].map(([, from, bare, dynamic]) => {
    const specifier = (from ?? bare ?? dynamic)!;
    return specifier.startsWith('.')
      ? relative(SRC, join(SRC, dirname(path), specifier))
      : specifier;
  });
}

const isLocal = (target: string) => /\.ts$/.test(target) && !target.startsWith('..');

function mayImport(folder: string, target: string): boolean {
  const allowed = [folder, ...(MAY_IMPORT[folder] ?? [])];
  return allowed.some((rule) =>
    typeof rule === 'string' ? target.split('/')[0] === rule : rule.test(target),
  );
}

describe.each(Object.keys(MAY_IMPORT))('src/%s', (folder) => {
  test('imports only what the table allows', () => {
    const strays = files
      .filter((file) => file.path.split('/')[0] === folder)
      .flatMap((file) =>
        file.imports
          .filter((target) => isLocal(target) && !mayImport(folder, target))
          .map((target) => `${file.path} -> ${target}`),
      );
    expect(strays).toEqual([]);
  });
});

test('nothing stands in the table that no folder needs', () => {
  const unused = Object.entries(MAY_IMPORT).flatMap(([folder, rules]) => {
    const own = files.filter((file) => file.path.split('/')[0] === folder);
    const targets = own.flatMap((file) => file.imports.filter(isLocal));
    const isUsed = (rule: string | RegExp) =>
      targets.some((target) =>
        typeof rule === 'string' ? target.split('/')[0] === rule : rule.test(target),
      );
    return rules.filter((rule) => !isUsed(rule)).map((rule) => `${folder} -> ${rule}`);
  });
  expect(unused).toEqual([]);
});

test('every folder of src stands in the table', () => {
  const folders = new Set(files.map((file) => file.path.split('/')[0]!));
  expect([...folders].filter((folder) => !(folder in MAY_IMPORT))).toEqual([]);
});

test('wasm-hardening uses only the primitives of core', () => {
  const strays = files
    .filter((file) => file.path.startsWith('wasm-hardening/'))
    .flatMap((file) => file.imports)
    .filter((target) => target.startsWith('core/') && !target.startsWith('core/primitives/'));
  expect(strays).toEqual([]);
});

test('core uses no package that is tied to a platform', () => {
  const packages = files
    .filter((file) => /^(core|wasm-hardening|plugin-review)\//.test(file.path))
    .flatMap((file) => file.imports)
    .filter((target) => !isLocal(target));
  expect(packages.filter((name) => !CORE_PACKAGES.includes(name))).toEqual([]);
});

test('every local import names a file that exists', () => {
  const missing = files.flatMap((file) =>
    file.imports
      .filter((target) => isLocal(target) && !existsSync(join(SRC, target)))
      .map((target) => `${file.path} -> ${target}`),
  );
  expect(missing).toEqual([]);
});

test('no import cycles', () => {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.filter(isLocal)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) walk(path, []);
  expect(cycles).toEqual([]);
});

test('no barrels: a file that only passes exports on hides where things live', () => {
  const barrels = files.filter(({ path, text }) => {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').trim();
    return (
      /(^|\/)index\.ts$/.test(path) || (code !== '' && /^(export [^;]*from [^;]*;\s*)+$/.test(code))
    );
  });
  expect(barrels.map(({ path }) => path)).toEqual([]);
});

describe('brands are made in one file each', () => {
  test.each([
    ['ApprovedToolCall', ['core/checks/approve-call.ts']],
    ['SessionId', ['core/primitives/ids.ts']],
    ['TurnId', ['core/primitives/ids.ts']],
    ['NodeId', ['core/primitives/ids.ts']],
    ['WorkspaceId', ['core/primitives/ids.ts']],
    ['CapabilityPattern', ['core/capabilities/pattern.ts']],
    ['Capability', ['core/capabilities/pattern.ts']],
    ['AdmittedSchema', ['core/checks/schema/admit-schema.ts']],
  ])('"as %s" stands only in its maker', (brand, makers) => {
    const cast = new RegExp(`\\bas (unknown as )?(readonly )?${brand}\\b|(?<![\\w.])<${brand}>`);
    const casts = files.filter((file) => cast.test(file.text)).map((file) => file.path);
    expect(casts.filter((path) => !makers.includes(path))).toEqual([]);
  });
});

test('the pure folders know no clock and no chance', () => {
  const ambient = /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|crypto\.)/;
  const strays = files.filter(
    (file) =>
      /^(core|wasm-hardening|plugin-review|agent)\//.test(file.path) && ambient.test(file.text),
  );
  expect(strays.map(({ path }) => path)).toEqual([]);
});

test('objects leave no timer behind that nobody takes back: it would keep them in memory, and billed', () => {
  const lingering = files.filter(
    ({ path, text }) => /^(blocks|tiers)\//.test(path) && /AbortSignal\.timeout\(/.test(text),
  );
  expect(lingering.map(({ path }) => path)).toEqual([]);
});

test('no file of src has more than 300 lines', () => {
  const long = files.filter((file) => file.text.split('\n').length > 301);
  expect(long.map(({ path, text }) => `${path}: ${text.split('\n').length - 1}`)).toEqual([]);
});

describe('READMEs', () => {
  const paths = readdirSync(SRC, { recursive: true, encoding: 'utf8' });
  const rooms = new Map(
    paths
      .filter((path) => basename(path) === 'README.md')
      .map((path) => [dirname(path), readFileSync(join(SRC, path), 'utf8')]),
  );

  test('stand in each folder of more than 24 files, or tell of it as a part of theirs', () => {
    const sizes = new Map<string, number>();
    for (const folder of files.map(({ path }) => dirname(path))) {
      sizes.set(folder, (sizes.get(folder) ?? 0) + 1);
    }
    const large = [...sizes].filter(([, size]) => size > 24).map(([folder]) => folder);
    const isPart = (folder: string) =>
      folder.includes('/') && rooms.get(dirname(folder))?.includes(`\`${basename(folder)}/\``);
    expect(large.filter((folder) => !rooms.has(folder) && !isPart(folder))).toEqual([]);
  });

  test('name only files that exist', () => {
    const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
    const known = [...paths, ...tests].map((path) => `/${path}`);
    const strays = [...rooms].flatMap(([room, text]) => {
      const named = [...text.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name]) => name!);
      const exists = (name: string) =>
        existsSync(join(SRC, room, name)) ||
        existsSync(join(SRC, '..', name)) ||
        known.some((path) => path.endsWith(`/${name}`));
      return named.filter((name) => !exists(name)).map((name) => `${room}: ${name}`);
    });
    expect(strays).toEqual([]);
  });
});

describe('tests inside the runtime', () => {
  const folders = ['agent', 'blocks', 'gateway', 'models', 'tiers'];
  const inside = folders.flatMap((folder) =>
    readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && !name.endsWith('.timers.test.ts'))
      .map((name) => join(import.meta.dirname, folder, name))
      .map((path) => ({ path, text: readFileSync(path, 'utf8') })),
  );

  test('leave its timers alone: they are those of all objects, whichever file has them', () => {
    const faking = inside.filter(({ text }) => {
      const calls = text.match(/useFakeTimers.*/g) ?? [];
      return calls.some((call) => !call.includes("toFake: ['Date']"));
    });
    expect(faking.map(({ path }) => path)).toEqual([]);
  });

  test('leave its modules alone: an object of a class that was read before answers no more', () => {
    const resetting = inside.filter(({ text }) => text.includes('vi.resetModules'));
    expect(resetting.map(({ path }) => path)).toEqual([]);
  });
});
