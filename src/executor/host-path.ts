/**
 * A path of this machine in the one spelling by which authority is decided: absolute, without
 * `.`, `..`, `//`, a trailing `/` or a symbolic link in it, at the moment it was resolved.
 *
 * @module
 */

declare const hostPath: unique symbol;

export type HostPath = string & { readonly [hostPath]: true };
