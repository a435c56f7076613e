/**
 * What a review finds: a closed list of codes, each with what it is about.
 *
 * @module
 */

import type { PointerError } from '../core/errors/pointer-errors.ts';

/**
 * `manifest` and `code` are about the upload alone, so they stand wherever it is reviewed; `place` is
 * about the workspace that it would be installed in.
 */
export const FINDING_CODES = {
  manifest_malformed: 'manifest',
  manifest_invalid: 'manifest',
  licence_unknown: 'manifest',
  capability_wide: 'manifest',
  capability_unused: 'manifest',
  secret_in_manifest: 'manifest',
  directs_model: 'manifest',

  code_missing: 'code',
  code_unexpected: 'code',
  module_too_large: 'code',
  module_invalid: 'code',
  module_rejected: 'code',
  script_invalid: 'code',
  script_unchecked: 'code',
  memory_too_small: 'code',
  import_unsupported: 'code',
  import_without_effect: 'code',
  ambient_constant: 'code',
  abi_mismatch: 'code',
  entry_missing: 'code',
  capability_missing: 'code',
  secret_in_code: 'code',

  signature_malformed: 'manifest',
  signature_missing: 'place',
  signature_key_unknown: 'place',
  signature_key_revoked: 'place',
  signature_other_manifest: 'place',
  signature_other_code: 'place',
  signature_wrong: 'place',
  signature_unchecked: 'place',
  signer_changed: 'place',
  version_not_higher: 'place',
  tool_name_taken: 'place',
  growth_not_held: 'place',
  growth_not_accepted: 'place',
  growth_accepted: 'place',
  capability_not_allowed: 'place',
} as const satisfies Record<string, 'manifest' | 'code' | 'place'>;

export type FindingCode = keyof typeof FINDING_CODES;

/** `refuse`: it is not installed. `warn`: somebody should look. `info`: good to know. */
export type Severity = 'refuse' | 'warn' | 'info';

/** A `type`, so that it is a `JsonObject`. */
export type Finding = {
  readonly severity: Severity;
  readonly code: FindingCode;
  /**
   * Into the manifest, or `/module` and `/signature` for the other parts of an upload.
   */
  readonly pointer: string;
  /** What must hold, or what is the case. Quotes names of the upload, never a secret. */
  readonly detail: string;
};

export function refuse(code: FindingCode, { pointer, detail }: PointerError): Finding {
  return { severity: 'refuse', code, pointer, detail };
}

export function isRefusal({ severity }: Finding): boolean {
  return severity === 'refuse';
}
