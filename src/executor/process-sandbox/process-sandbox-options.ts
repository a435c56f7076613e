/**
 * What the one who runs an executor decides about its process sandboxes.
 *
 * @module
 */

export interface ProcessSandboxOptions {
  /**
   * Folders of the host, besides its system's, that every sandbox may read: for what runs plugins
   * and lies elsewhere, such as `/opt/node`.
   */
  readonly runtimes: readonly string[];
  /** Whether to do without control groups where they are not writable. */
  readonly groups: 'required' | 'preferred';
}
