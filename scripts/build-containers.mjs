// Builds the examples of the container tier into `build/container-plugins/`, for a machine that runs
// containers: an image holds a whole Node, so `scripts/build.mjs` leaves them out.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildContainerWebFetch } from './build/container-plugins.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
console.log(await buildContainerWebFetch());
