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
