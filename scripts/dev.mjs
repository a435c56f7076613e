// `npm run dev`: serves the Worker on `wrangler dev`, which reloads as files change. Slower than
// `npm start`, names are not checked for private addresses after resolution (SECURITY.md), and
// wrangler opens a debug port to local programs: for editing only.

import { resolve } from 'node:path';
import { spawnGuarded } from './guarded-child.mjs';
import { readLocalSecrets } from './local-secrets.mjs';
import { whenOrphaned } from './watch-parent.mjs';

const WRANGLER = 'node_modules/wrangler/bin/wrangler.js';
const QUIET_AND_LOCAL = {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  X_LOCAL_OBSERVABILITY: 'false',
  X_LOCAL_EXPLORER: 'false',
  // What wrangler keeps in the home folder otherwise.
  CLOUDFLARE_DEV_REGISTRY_PATH: resolve('.wrangler/registry'),
  WRANGLER_LOG_PATH: resolve('.wrangler/logs'),
};

try {
  readLocalSecrets('.dev.vars'); // makes the file on the first run; wrangler reads it itself
} catch (error) {
  console.error(`\n  sallyport: ${error.message}\n`);
  process.exit(1);
}
const wrangler = spawnGuarded(process.execPath, [WRANGLER, 'dev', ...process.argv.slice(2)], {
  env: QUIET_AND_LOCAL,
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => wrangler.stop());
whenOrphaned(() => wrangler.stop());
const code = await wrangler.exited;
process.exit(typeof code === 'number' ? code : 1);
