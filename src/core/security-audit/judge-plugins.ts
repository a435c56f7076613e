/**
 * Plugins that nobody vouches for, that are behind, or that ask for everything.
 *
 * @module
 */

import { compareVersions, isVersion } from '../manifest/semver.ts';
import type { Policy } from '../policy/policy.ts';
import { findAdvisories } from './advisories.ts';
import type { BundledPlugin, DeploymentFacts } from './deployment-facts.ts';
import { findWide } from './find-wide.ts';
import type { Finding } from './finding.ts';
import { changePolicy } from './mending-command.ts';
import type { PluginFacts } from './registry-facts.ts';

export function judgePlugins(facts: DeploymentFacts): readonly Finding[] {
  const installed = (facts.plugins ?? []).filter(({ tier }) => tier !== 'built-in');
  return installed.flatMap((plugin) => [
    ...judgeSignature(plugin, facts),
    ...judgePluginVersion(plugin, facts.bundled),
    ...judgeManifest(plugin),
  ]);
}

const isRunning = ({ state }: PluginFacts) => state === 'running';

function judgeSignature(
  { name, version, sha256, signedBy }: PluginFacts,
  { policy, bundled, workspace }: DeploymentFacts,
): readonly Finding[] {
  const key = policy?.plugins.trustedKeys.find(({ keyId }) => keyId === signedBy);
  if (signedBy !== undefined && key?.revoked === true) {
    return [
      {
        id: 'plugin-key-revoked',
        level: 'high',
        sentence: `The plugin "${name}" runs on the word of the key "${signedBy}", which is revoked`,
        evidence: { plugin: name, version, sha256, signedBy },
        command: `call -X POST "$URL/v1/plugins/${name}/quarantine" -d '{}'`,
      },
    ];
  }
  const isOurs = bundled.some((ours) => ours.sha256 === sha256);
  if (signedBy !== undefined || isOurs) return [];
  return [
    {
      id: 'plugin-unsigned',
      level: 'medium',
      sentence: `The plugin "${name}" ${version} is signed by nobody, and is not one that came with the gateway`,
      evidence: { plugin: name, version, sha256 },
      command: `${trustKey(policy, workspace)}npx --no sallyport plugin sign <folder of ${name}> --key <file>; npx --no sallyport plugin install <folder of ${name}>`,
    },
  ];
}

/** A signature by a key that the workspace does not trust is refused, so there must be one first. */
function trustKey(policy: Policy | undefined, workspace: string): string {
  if (policy?.plugins.trustedKeys.some(({ revoked }) => revoked !== true)) return '';
  const change = '.plugins.trustedKeys += [<what it printed>]';
  return `npx --no sallyport plugin keygen <file> --json; ${changePolicy(workspace, change)}; `;
}

/** Whether this clone has a newer one, and what is known of the one that is installed. */
export function judgePluginVersion(
  plugin: Pick<PluginFacts, 'name' | 'version'>,
  bundled: readonly BundledPlugin[],
): readonly Finding[] {
  const { name, version } = plugin;
  const ours = bundled.find((each) => each.name === name);
  const isBehind =
    ours !== undefined &&
    isVersion(version) &&
    isVersion(ours.version) &&
    compareVersions(version, ours.version) < 0;
  const behind: readonly Finding[] = isBehind
    ? [
        {
          id: 'plugin-old',
          level: 'medium',
          sentence: `The plugin "${name}" is version ${version}; this clone has ${ours.version}`,
          evidence: { plugin: name, version, newest: ours.version },
          command: `npx --no sallyport plugin install ${ours.folder}`,
        },
      ]
    : [];
  const advised = findAdvisories({ kind: 'plugin', name, version }).map(
    ({ id, problem, fixedIn }): Finding => ({
      id: 'plugin-advisory',
      level: 'high',
      sentence: `The plugin "${name}" ${version} has a known flaw: ${problem}`,
      evidence: { plugin: name, version, advisory: id, fixedIn },
      command: `call -X POST "$URL/v1/plugins/${name}/stop"`,
    }),
  );
  return [...behind, ...advised];
}

function judgeManifest(plugin: PluginFacts): readonly Finding[] {
  const { name, state, capabilities } = plugin;
  const { patterns: wide } = findWide(capabilities);
  const findings: Finding[] = [];
  if (isRunning(plugin) && wide.length > 0) {
    findings.push({
      id: 'plugin-wide',
      level: 'low',
      sentence: `The manifest of "${name}" asks for all of ${wide.join(', ')}, so that grants alone bound it`,
      evidence: { plugin: name, patterns: wide },
      command: `npx --no sallyport plugin inspect <folder of ${name}>`,
    });
  }
  if (state === 'failed') {
    findings.push({
      id: 'plugin-failed',
      level: 'low',
      sentence: `The plugin "${name}" has failed and is still there`,
      evidence: { plugin: name },
      command: `call -X DELETE "$URL/v1/plugins/${name}"`,
    });
  }
  return findings;
}
