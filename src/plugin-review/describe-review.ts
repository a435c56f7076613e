/**
 * A review as lines of text, for terminals and logs of installers.
 *
 * @module
 */

import type { CapabilityGrowth } from '../core/manifest/capability-growth.ts';
import type { Loosening } from '../core/manifest/trust-growth.ts';
import type { Finding } from './finding.ts';
import type { ModuleFacts } from './module-facts.ts';
import type { NeededCapability } from './needed-capabilities.ts';
import type { CapabilityReview, Review } from './review.ts';

/** Most export names on the line of them. */
const MAX_NAMED_EXPORTS = 16;

/** Plain text without colours; names from the upload are printable already. */
export function describeReview(review: Review): readonly string[] {
  const { plugin, findings, module, capabilities, signedBy } = review;
  return [
    ...(plugin === undefined
      ? []
      : [
          `${plugin.name} ${plugin.version}: ${plugin.kind}, tier ${plugin.tier}, ${plugin.license}`,
          `  manifest sha256 ${plugin.manifestSha256}`,
          ...(plugin.codeSha256 === undefined ? [] : [`  code sha256     ${plugin.codeSha256}`]),
          `  signed by       ${signedBy ?? 'nobody known here'}`,
        ]),
    ...(module === undefined ? [] : describeModule(module)),
    ...(capabilities === undefined ? [] : describeCapabilities(capabilities)),
    ...describeFindings(findings),
    describeVerdict(review),
  ];
}

/** What an upgrade may newly do, as a diff: `+` more, `-` less. */
export function describeGrowth(growth: CapabilityGrowth): readonly string[] {
  return [
    ...growth.added.map((pattern) => `+ ${pattern}`),
    ...growth.widened.map(({ from, to }) => `+ ${to} (before: ${from.join(', ')})`),
    ...growth.undenied.map((pattern) => `+ no longer denies ${pattern}`),
    ...growth.loosened.map(describeLoosening),
    ...growth.removed.map((pattern) => `- ${pattern}`),
  ];
}

const LOOSENING_WORDS = {
  'vouches-for-more': 'newly vouches for its result',
  'marks-less': 'no longer says as strictly where its arguments must come from',
  'needs-less-mandate': 'counts more words as asking for it',
} as const satisfies Record<Loosening['what'], string>;

function describeLoosening({ tool, what, pointer }: Loosening): string {
  return `+ tool ${tool} ${LOOSENING_WORDS[what]}${pointer && ` at ${pointer}`}`;
}

function describeModule(module: ModuleFacts): readonly string[] {
  const { memoryPages, tables, exports, exportCount, madeWith } = module;
  const names = exports.slice(0, MAX_NAMED_EXPORTS).map(({ name }) => name);
  const more = exportCount > names.length ? ` and ${exportCount - names.length} more` : '';
  const inTables = tables.map(({ min, max }) => `, table of ${min} to ${max} elements`).join('');
  return [
    'Module',
    `  ${module.bytes} bytes, hardened ${module.hardenedBytes}; ${module.functions} functions`,
    `  fuel is taken at ${module.charges} places; compiling costs ${module.compileUnits} units`,
    `  memory of ${memoryPages.min} to ${memoryPages.max} pages${inTables}`,
    ...(madeWith.length === 0 ? [] : [`  made with ${madeWith.join(', ')}`]),
    ...module.imports.map(({ module: from, names: all }) => `  imports ${from}: ${all.join(', ')}`),
    `  exports ${names.join(', ') || 'nothing'}${more}`,
  ];
}

function describeCapabilities({ asked, needed, growth }: CapabilityReview): readonly string[] {
  return [
    'Capabilities',
    `  asks for ${asked.join(', ') || 'nothing'}`,
    ...(needed === undefined ? [] : describeNeeded(needed)),
    ...(growth === undefined
      ? []
      : [
          '  more than the installed version:',
          ...describeGrowth(growth).map((line) => `    ${line}`),
          `  to accept it: ${growth.digest}`,
        ]),
  ];
}

function describeNeeded(needed: readonly NeededCapability[]): readonly string[] {
  if (needed.length === 0) return ['  needs nothing'];
  return needed.map(
    ({ suggested, because }) => `  needs ${suggested.join(', ')}, since ${because.join(' and ')}`,
  );
}

function describeFindings(findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return [];
  return [
    'Findings',
    ...findings.map(
      ({ severity, code, pointer, detail }) =>
        `  ${severity} ${code} at ${pointer || '/'}: ${detail}`,
    ),
  ];
}

function describeVerdict({ verdict, findings }: Review): string {
  const refusals = findings.filter(({ severity }) => severity === 'refuse').length;
  if (verdict === 'refused')
    return `Refused (findings: ${findings.length}, of which refuse it: ${refusals})`;
  return findings.length === 0 ? 'Acceptable' : `Acceptable (findings: ${findings.length})`;
}
