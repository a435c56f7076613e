/**
 * A path of this machine in the one spelling by which authority is decided: absolute, without
 * `.`, `..`, `//`, a trailing `/` or a symbolic link in it, at the moment it was resolved.
 *
 * @module
 */

declare const hostPath: unique symbol;

export type HostPath = string & { readonly [hostPath]: true };

/** Whether an absolute path is a folder or lies in it, both in one spelling. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
