/**
 * Writes a profile of macOS's sandbox (`sandbox-exec`), in which what is not allowed is denied.
 *
 * Rules are data and paths are quoted in one place, so that no path can end its string and add a
 * rule. The last rule that matches counts, so allowances stand before what they must not cover.
 *
 * @module
 */

/** Where a rule applies: one file, a folder with all below it, or a folder's own entry. */
export type Place =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string };

export interface Rule {
  readonly effect: 'allow' | 'deny';
  readonly operations: readonly Operation[];
  /** Absent: everywhere. */
  readonly places?: readonly Place[];
  /** Of the loopback; for `network-outbound`, where it is required. */
  readonly port?: number;
  /** Signals reach processes of the same sandbox only. */
  readonly target?: 'same-sandbox';
}

/** The operations of the system that are used here. */
export type Operation =
  | 'file-ioctl'
  | 'file-read*'
  | 'file-read-metadata'
  | 'file-write*'
  | 'network-outbound'
  | 'process-exec'
  | 'process-fork'
  | 'process-info*'
  | 'signal'
  | 'sysctl-read';

/** The text that `sandbox-exec -p` takes. */
export function writeProfile(rules: readonly Rule[]): string {
  return ['(version 1)', '(deny default)', ...rules.map(writeRule)].join('\n');
}

function writeRule({ effect, operations, places = [], port, target }: Rule): string {
  const filters = [
    ...places.map(
      ({ kind, path }) => `(${kind === 'file' ? 'literal' : 'subpath'} ${quote(path)})`,
    ),
    ...(port === undefined ? [] : [`(remote tcp "localhost:${port}")`]),
    ...(target === undefined ? [] : [`(target ${target})`]),
  ];
  return `(${[effect, ...operations, ...filters].join(' ')})`;
}

/** A string of the profile's language (Scheme). Control characters have no place in a path. */
function quote(path: string): string {
  for (const character of path) {
    if (character < ' ' || character === '\x7f') {
      throw new TypeError('Cannot write a profile: a path must hold no control characters');
    }
  }
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
