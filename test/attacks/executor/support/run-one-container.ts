/**
 * An executor to be killed: puts everything below a folder, runs one shell script in a container, and waits.
 */

import { openContainerLab } from '../../../executor/container-sandbox/container-lab.ts';

const [folder = '', script = 'true'] = process.argv.slice(2);
const lab = await openContainerLab(folder);
const running = await lab.start(script);
await running.ended;
await lab.close();
