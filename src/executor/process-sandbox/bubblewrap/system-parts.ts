/**
 * What of the host every sandbox sees, read-only: its programs and libraries, and the few files of
 * `/etc` without which they do not start or trust no certificate. No accounts, no names of hosts,
 * no settings of services.
 *
 * @module
 */

import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import type { SystemPart } from './bwrap-options.ts';

const PARTS = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ssl/certs',
  '/etc/ca-certificates',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
];

/** `runtimes`: more folders, for what runs plugins and lies elsewhere, such as Node. */
export function findSystemParts(runtimes: readonly string[]): readonly SystemPart[] {
  const folders = runtimes.map((path) => realpathSync.native(path));
  const below = (path: string) => path.startsWith('/usr/');
  return [...PARTS, ...folders.filter((path) => !below(path))].flatMap(findPart);
}

function findPart(path: string): readonly SystemPart[] {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return [];
  return facts.isSymbolicLink()
    ? [{ kind: 'link', path, target: readlinkSync(path) }]
    : [{ kind: 'folder', path }];
}
