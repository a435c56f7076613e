/**
 * Versions that are behind, or that have known flaws.
 *
 * @module
 */

import { findAdvisories, NODE_ENDS, type PartKind } from './advisories.ts';
import { DAY_MS, toEpochDay } from './day.ts';
import type { Finding } from './finding.ts';
import { judgePluginVersion } from './judge-plugins.ts';
import type { MachineFacts } from './machine-facts.ts';

const OLD_DAYS = 180;
const VERY_OLD_DAYS = 365;
/** Release lines before this one that are not in the table have ended. */
const OLDEST_NODE = 24;

export function judgeVersions(facts: MachineFacts): readonly Finding[] {
  const { plugins = [], bundled } = facts;
  return [
    ...judgeNode(facts),
    ...judgePackages(facts),
    ...judgePrograms(facts),
    ...judgePlatform(facts),
    ...plugins.flatMap((plugin) => judgePluginVersion(plugin, bundled)),
  ];
}

function judgeNode({ nodeVersion, now }: MachineFacts): readonly Finding[] {
  const major = Number(nodeVersion.split('.')[0]);
  const ends = NODE_ENDS[major];
  const isOver = ends === undefined ? major < OLDEST_NODE : ageInDays(ends, now) > 0;
  const command = 'install Node.js 24 (https://nodejs.org), or on Linux: node scripts/setup.mjs';
  const evidence = { node: nodeVersion, ends: ends ?? null };
  const findings = advise({ kind: 'program', name: 'node', version: nodeVersion }, command);
  if (!isOver) return findings;
  const sentence = `Node.js ${nodeVersion} gets no security releases any more`;
  return [...findings, { id: 'node-old', level: 'high', sentence, evidence, command }];
}

function judgePackages({ packages }: MachineFacts): readonly Finding[] {
  return packages.flatMap(({ name, installed, wanted }): readonly Finding[] => {
    const command = 'node scripts/setup.mjs';
    if (installed === undefined) return [];
    const known = advise(
      { kind: 'package', name, version: installed },
      `npm install ${name}@latest`,
    );
    if (installed === wanted) return known;
    const sentence = `${name} is ${installed}, where this clone was tested with ${wanted}`;
    const evidence = { package: name, installed, wanted };
    return [...known, { id: 'package-differs', level: 'medium', sentence, evidence, command }];
  });
}

function judgePrograms({ programs }: MachineFacts): readonly Finding[] {
  return programs.flatMap(({ name, version }) =>
    version === undefined
      ? []
      : advise({ kind: 'program', name, version }, `upgrade ${name} by the machine's packages`).map(
          // Distributions mend older versions under the same number.
          (finding) => ({ ...finding, level: 'low' as const }),
        ),
  );
}

/** The platform changes for the better by its date alone, and the engine is named after one. */
function judgePlatform({ compatibilityDate, packages, now }: MachineFacts): readonly Finding[] {
  const workerd = packages.find(({ name }) => name === 'workerd')?.installed;
  const [, year, month, day] = /^1\.(\d{4})(\d{2})(\d{2})\./.exec(workerd ?? '') ?? [];
  const dates = [
    ['compatibility_date of wrangler.toml', compatibilityDate],
    ['engine workerd', year && `${year}-${month}-${day}`],
  ] as const;
  return dates.flatMap(([what, date]): readonly Finding[] => {
    const days = ageInDays(date ?? '', now);
    if (days < OLD_DAYS) return [];
    return [
      {
        id: 'platform-old',
        level: days >= VERY_OLD_DAYS ? 'medium' : 'low',
        sentence: `The ${what} is of ${date}, ${days} days ago`,
        evidence: { what, date: date ?? null, days },
        command: 'npm install --save-dev --save-exact wrangler@latest workerd@latest; npm test',
      },
    ];
  });
}

/** Of a text that is no day nothing is said. */
function ageInDays(day: string, now: number): number {
  const from = toEpochDay(day);
  return from === undefined ? 0 : Math.floor(now / DAY_MS) - from;
}

function advise(
  part: { readonly kind: PartKind; readonly name: string; readonly version: string },
  command: string,
): readonly Finding[] {
  const { name, version } = part;
  return findAdvisories(part).map(({ id, problem, fixedIn }) => ({
    id: 'known-flaw',
    level: 'high',
    sentence: `${name} ${version} has a known flaw (${id}): ${problem}; ${fixedIn} has it no more`,
    evidence: { name, version, advisory: id, fixedIn },
    command,
  }));
}
