/**
 * An OCI image, named by what it holds: a tag may be moved, a digest cannot.
 *
 * @module
 */

export interface PinnedImage {
  /** Repository without a tag, `docker.io/library/busybox`. */
  readonly repository: string;
  /** `sha256:` and 64 lower-case hexadecimal digits. */
  readonly digest: string;
}

/** Of a reference as a manifest has it, `repository@digest`. */
export function toPinnedImage(reference: string): PinnedImage {
  const at = reference.lastIndexOf('@');
  return { repository: reference.slice(0, at), digest: reference.slice(at + 1) };
}
