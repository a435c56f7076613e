/**
 * What is wrong with a machine and the clone on it.
 *
 * @module
 */

import type { Finding } from './finding.ts';
import { judgeGateway } from './judge-gateway.ts';
import { judgeVersions } from './judge-versions.ts';
import type { MachineFacts, SecretsFileFacts } from './machine-facts.ts';

export function judgeMachine(facts: MachineFacts): readonly Finding[] {
  return [
    ...judgeClone(facts),
    ...judgeVersions(facts),
    ...judgeSecrets(facts),
    ...judgeSandbox(facts),
    ...judgeGateway(facts),
  ];
}

function judgeClone({ isInstalled, isBuilt }: MachineFacts): readonly Finding[] {
  const findings: Finding[] = [];
  if (!isInstalled) {
    findings.push({
      id: 'not-installed',
      level: 'high',
      sentence: 'What lies in node_modules is not what the lockfile names',
      evidence: {},
      command: 'node scripts/setup.mjs',
    });
  }
  if (!isBuilt) {
    findings.push({
      id: 'not-built',
      level: 'low',
      sentence: 'The plugins and the client are not built yet',
      evidence: {},
      command: 'npm run build:plugins',
    });
  }
  return findings;
}

function judgeSecrets({ secretsFile, privateFiles }: MachineFacts): readonly Finding[] {
  const open = privateFiles
    .filter(({ isOpenToOthers }) => isOpenToOthers)
    .map(
      ({ path }): Finding => ({
        id: 'file-open',
        level: 'high',
        sentence: `Other users of this machine can read "${path}"`,
        evidence: { path },
        command: `chmod go= ${path}`,
      }),
    );
  return secretsFile === undefined ? open : [...open, ...judgeSecretsFile(secretsFile)];
}

function judgeSecretsFile(file: SecretsFileFacts): readonly Finding[] {
  const { path, missing, strongMasterKey, strongRootToken } = file;
  const weak = [
    { id: 'master-key-weak', secret: 'SALLYPORT_MASTER_KEY', isStrong: strongMasterKey },
    { id: 'root-token-weak', secret: 'SALLYPORT_ROOT_TOKEN', isStrong: strongRootToken },
  ].filter(({ secret, isStrong }) => !isStrong && !missing.includes(secret));
  return [
    ...missing.map(
      (secret): Finding => ({
        id: 'secret-missing',
        level: 'medium',
        sentence: `"${path}" has no ${secret}`,
        evidence: { path, secret },
        command: 'npm start',
      }),
    ),
    ...weak.map(
      ({ id, secret }): Finding => ({
        id,
        level: 'high',
        sentence: `${secret} of "${path}" does not look as if chance had made it`,
        evidence: { path, secret },
        command: `mv ${path} ${path}.old && npm start   # makes new ones; what the old key sealed stays sealed`,
      }),
    ),
  ];
}

function judgeSandbox(facts: MachineFacts): readonly Finding[] {
  const { sandboxProblem, needsNode = false, nodes = [] } = facts;
  const findings: Finding[] = [];
  if (sandboxProblem !== undefined) {
    findings.push({
      id: 'no-sandbox',
      level: 'low',
      sentence: `This machine has no process tier: ${sandboxProblem}`,
      evidence: { platform: facts.platform },
      command: 'npx --no sallyport executor doctor',
    });
  }
  const isAnyOnline = nodes.some(({ state }) => state === 'online');
  if (needsNode && !isAnyOnline) {
    findings.push({
      id: 'no-executor',
      level: 'medium',
      sentence: 'There are plugins of the process or container tier, and no executor is online',
      evidence: { nodes: nodes.map(({ name, state }) => `${name}: ${state}`) },
      command: 'npx --no sallyport executor run',
    });
  }
  return findings;
}
