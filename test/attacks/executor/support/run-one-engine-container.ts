/**
 * An executor to be killed: runs one shell script in a container of an engine, and waits.
 */

import { createEngineSandbox } from '../../../../src/executor/container-sandbox/create-engine-sandbox.ts';
import { IMAGE } from '../../../executor/container-sandbox/podman-service.ts';
import { orderOf } from '../../../executor/support/process-sandbox.ts';

const [socketPath = '', folder = '', digest = '', script = 'true'] = process.argv.slice(2);
const made = await createEngineSandbox({ socketPath, folder, acceptsHostUsers: true });
if (!made.ok) throw new Error(made.error.message);
const image = { repository: IMAGE, digest };
const running = await made.value.start(orderOf(['/bin/sh', '-c', script], { image }));
await running.ended;
