/**
 * Closes the descriptors that this process was started with by mistake: a shell, a CI runner or a
 * supervisor may have left files and sockets open, and every plugin would inherit them.
 *
 * @module
 */

import { closeSync, readdirSync, readFileSync } from 'node:fs';

const STANDARD_STREAMS = 3;

/** `O_CLOEXEC` as `fdinfo` shows it. What Node opens has it, and so is not inherited. */
const CLOSE_ON_EXEC = 0o2000000;

/** Linux only. Answers what it closed. */
export function closeInherited(): readonly number[] {
  const inherited = readdirSync('/proc/self/fd')
    .map(Number)
    .filter((descriptor) => descriptor >= STANDARD_STREAMS && isInheritable(descriptor));
  for (const descriptor of inherited) closeSync(descriptor);
  return inherited;
}

function isInheritable(descriptor: number): boolean {
  try {
    const [, flags] =
      /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? [];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    // The one by which the folder was read.
    return false;
  }
}
