/**
 * As much of an executor as it takes to start a program: a process of its own, for tests that kill
 * it, start it with things left open, or as another account. Takes `{ argv, parts }` as JSON.
 * Writes `ready` when it is about to start the program, then what the program writes, and how it
 * ended.
 */

import { openSandbox, runProgram } from './process-sandbox.ts';

const { argv, parts } = JSON.parse(process.argv[2] ?? '');
await openSandbox();
process.stdout.write('ready\n');
const { out, end } = await runProgram(argv, parts);
process.stdout.write(`${out}\n${JSON.stringify(end)}\n`);
