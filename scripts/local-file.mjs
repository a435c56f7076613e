// `.sallyport/local.json`: where the gateway of this clone is, for scripts. Of several, the one
// that came up last is in it, unless each was given its own SALLYPORT_LOCAL_FILE.

import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const FILE = process.env.SALLYPORT_LOCAL_FILE || '.sallyport/local.json';

/** Written last and in one step: a script that finds the file finds a gateway that answers. */
export function writeLocalFile({ url, token, workspace }) {
  const draft = `${FILE}.${process.pid}`;
  const text = JSON.stringify({ url, token, workspace, pid: process.pid }, null, 2);
  mkdirSync(dirname(FILE), { recursive: true, mode: 0o700 });
  writeFileSync(draft, `${text}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600); // a draft of the same name may have had another mode
  renameSync(draft, FILE);
}

export function forgetLocalFile() {
  try {
    if (JSON.parse(readFileSync(FILE, 'utf8')).pid === process.pid) rmSync(FILE);
  } catch {
    // There is none, or another gateway's.
  }
}
