/**
 * The specification suite: two releases of it, at pinned commits.
 */

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import type { Report } from './report.ts';
import { SpecCounts } from './spec-counts.ts';
import { runScript } from './spec-script.ts';

const REPOSITORY = 'https://github.com/WebAssembly/testsuite';

const RELEASES = [
  { name: 'WebAssembly 2.0 and proposals', commit: '5504e41c6facedcbba1ff52a35b4c9ea99e6877d' },
  { name: 'WebAssembly 3.0', commit: '193e551ff22663995b1ac95dc62344133669e14b' },
] as const;

/** Where the suite is kept; git does not see it. */
const KEPT_IN = join(import.meta.dirname, '../../../.sallyport/wasm-spec');

/** A run that compares less than that has not run the suite. */
const FEWEST_RESULTS = 10_000;

/** Its message says what to do. */
export class MissingSuite extends Error {}

export interface Suite {
  readonly name: string;
  readonly folder: string;
}

/** `given` names folders that hold a suite, between the delimiters of a path list. */
export function findSuites(given: string | undefined): readonly Suite[] {
  if (given === undefined || given === '') return RELEASES.map(fetchRelease);
  return given.split(delimiter).map((folder) => {
    if (!existsSync(folder) || scriptsIn(folder).length === 0)
      throw new MissingSuite(
        `Cannot run the specification suite: "${folder}" must hold .wast files`,
      );
    return { name: folder, folder };
  });
}

/** @throws MissingSuite with a sentence on what to do without a network. */
function fetchRelease({ name, commit }: (typeof RELEASES)[number]): Suite {
  const folder = join(KEPT_IN, commit);
  if (existsSync(folder)) return { name, folder };
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', partial, ...words], {
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: 180_000,
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0' },
    });
  try {
    git('init', '--quiet');
    git('fetch', '--quiet', '--depth', '1', REPOSITORY, commit);
    git('checkout', '--quiet', 'FETCH_HEAD');
  } catch {
    rmSync(partial, { recursive: true, force: true });
    throw new MissingSuite(
      `Cannot run the specification suite: ${REPOSITORY} must be reachable by git, or ` +
        'WASM_SPEC_SUITE must name a folder that holds a copy, or --without-suite must say that this run goes without',
    );
  }
  renameSync(partial, folder);
  return { name, folder };
}

function scriptsIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((entry) => {
      const path = join(folder, entry);
      if (entry.startsWith('.')) return [];
      if (statSync(path).isDirectory()) return scriptsIn(path);
      return entry.endsWith('.wast') ? [path] : [];
    });
}

export function proveSuite({ name, folder }: Suite): Report {
  const counts = new SpecCounts();
  for (const path of scriptsIn(folder)) {
    const where = relative(folder, path);
    try {
      // One character a byte: scripts hold bytes that are no text.
      runScript(readFileSync(path, 'latin1'), where, counts);
    } catch (thrown) {
      counts.leaveUnread(where, thrown);
    }
  }
  const few =
    counts.get('results') < FEWEST_RESULTS ? [`only ${counts.get('results')} results`] : [];
  return {
    title: `the specification suite: ${name}`,
    lines: counts.toLines(),
    complaints: [...counts.complaints, ...few],
  };
}
