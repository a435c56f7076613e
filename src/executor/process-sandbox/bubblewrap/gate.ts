/**
 * The shell script between bubblewrap and a plugin, and what it says to the executor.
 *
 * It is the first program in the sandbox: it sets the limits of processes, reports them as read
 * back, and becomes the plugin only when it is told to. Only a living executor can tell it, and by
 * then every process of the sandbox dies with its parent: so an executor that is killed while a
 * sandbox starts leaves no program running.
 *
 * @module
 */

/** Descriptors by which a sandbox is set up. Shells can name those below 10 only. */
export const DESCRIPTORS = {
  filter: 3,
  /** Of the bubblewrap that confines. */
  options: 4,
  gate: 5,
  /** Of the bubblewrap that makes the network, with egress. */
  networkOptions: 6,
  /** Files, folders and secrets to mount. */
  firstMount: 7,
} as const;

const SHELL = '/bin/sh';

/** What opens the gate. */
export const GO = 'go\n';

type Ulimits = readonly (readonly [flag: string, value: number])[];

/** A command that waits in the sandbox until it may become the plugin. */
export function waitAtGate(
  name: string,
  ulimits: Ulimits,
  argv: readonly string[],
): readonly string[] {
  const { gate } = DESCRIPTORS;
  const set = ulimits.map(([flag, value]) => `ulimit -${flag} ${value} || exit 1`).join('\n');
  const report = ulimits.map(([flag]) => `ulimit -${flag}`).join('; ');
  const script = `${set}\n{ ${report}; } >&${gate}\nread -r go <&${gate} || exit 1\nexec ${gate}>&- "$@"`;
  return [SHELL, '-c', script, name, ...argv];
}

/** What the script reports when all limits hold. */
export function expectedReport(ulimits: Ulimits): string {
  return ulimits.map(([, value]) => `${value}\n`).join('');
}
