/**
 * The secrets of a local gateway: whether they are there, look random, and are nobody else's to read.
 * Their values go no further than this file.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type {
  MachineFacts,
  PrivateFile,
  SecretsFileFacts,
} from '../../core/security-audit/machine-facts.ts';
import { isStrongMasterKey, isStrongRootToken } from '../../core/security-audit/secret-strength.ts';
import { isOpenToOthers, locateHome } from '../../executor/executor-home.ts';
import { PROJECT_ROOT } from '../project-root.ts';

const NEEDED = ['SALLYPORT_MASTER_KEY', 'SALLYPORT_ROOT_TOKEN'];

type Environment = Readonly<Record<string, string | undefined>>;

export function readSecrets(env: Environment): Pick<MachineFacts, 'secretsFile' | 'privateFiles'> {
  const path = env.SALLYPORT_SECRETS_FILE || join(PROJECT_ROOT, '.dev.vars');
  const places = [
    path,
    env.SALLYPORT_LOCAL_FILE || join(PROJECT_ROOT, '.sallyport/local.json'),
    locateHome(env).identityFile,
  ];
  return { secretsFile: readSecretsFile(path), privateFiles: places.flatMap(toPrivateFile) };
}

function readSecretsFile(path: string): SecretsFileFacts {
  const secrets = existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
  return {
    path,
    missing: NEEDED.filter((name) => !secrets[name]),
    strongMasterKey: isStrongMasterKey(secrets.SALLYPORT_MASTER_KEY ?? ''),
    strongRootToken: isStrongRootToken(secrets.SALLYPORT_ROOT_TOKEN ?? ''),
  };
}

/** Windows has no such modes. */
function toPrivateFile(path: string): readonly PrivateFile[] {
  if (process.platform === 'win32' || !existsSync(path)) return [];
  return [{ path, isOpenToOthers: isOpenToOthers(path) }];
}
