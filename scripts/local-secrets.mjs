// The secrets of a local gateway: made once, kept in `.dev.vars` (mode 0600), where
// `wrangler dev` looks for them too.

import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import util from 'node:util';

const NEEDED = ['SALLYPORT_MASTER_KEY', 'SALLYPORT_ROOT_TOKEN'];
const MASTER_KEY_BYTES = 32;

/** Reads the secrets, making the file first where there is none. Provider keys may stand in it too. */
export function readLocalSecrets(file = process.env.SALLYPORT_SECRETS_FILE || '.dev.vars') {
  if (!existsSync(file)) create(file);
  const secrets = util.parseEnv(readFileSync(file, 'utf8'));
  const problem = findProblem(secrets);
  if (problem === undefined) return secrets;
  throw new Error(
    `Cannot use the secrets in "${file}": ${problem}; mend it, or remove the file to have a new one made`,
  );
}

function findProblem(secrets) {
  const missing = NEEDED.filter((name) => !secrets[name]);
  if (missing.length > 0) return `${missing.join(' and ')} must not be missing`;
  const key = Buffer.from(secrets.SALLYPORT_MASTER_KEY, 'base64url');
  if (key.length === MASTER_KEY_BYTES && key.toString('base64url') === secrets.SALLYPORT_MASTER_KEY)
    return undefined;
  return `SALLYPORT_MASTER_KEY must be ${MASTER_KEY_BYTES} bytes in base64url`;
}

/** In one step, so that a second start at the same moment reads all of it. */
function create(file) {
  const random = () => randomBytes(MASTER_KEY_BYTES).toString('base64url');
  const draft = `${file}.${process.pid}`;
  const text = [
    `SALLYPORT_MASTER_KEY="${random()}"`,
    `SALLYPORT_ROOT_TOKEN="sproot_${random()}"`,
    '# Optional: ANTHROPIC_API_KEY, OPENAI_API_KEY, GOOGLE_API_KEY, OPENAI_COMPATIBLE_BASE_URL',
    '',
  ].join('\n');
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error; // another start made it a moment ago
  } finally {
    rmSync(draft, { force: true });
  }
}
