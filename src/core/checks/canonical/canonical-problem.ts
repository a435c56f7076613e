/**
 * What can be wrong with an argument that was to be made canonical: a closed list.
 *
 * A problem goes on the record and may be shown, so it holds no part of the argument.
 *
 * @module
 */

import type { CheckReason } from '../../errors/reasons.ts';

/** Each reason, and the reason of check 5 under which it is reported. */
export const CANONICAL_REASONS = {
  control_character: 'unsafe_text',
  line_break: 'unsafe_text',
  bidi_control: 'unsafe_text',
  invisible_character: 'unsafe_text',
  not_a_character: 'unsafe_text',
  unsafe_key: 'unsafe_text',
  conflicting_kinds: 'unsafe_text',

  shell_metacharacter: 'shell_metacharacter',
  command_malformed: 'shell_metacharacter',

  path_character: 'unsafe_path',
  path_backslash: 'unsafe_path',
  path_encoding: 'unsafe_path',
  path_encoded_separator: 'unsafe_path',
  path_not_absolute: 'unsafe_path',
  path_above_root: 'unsafe_path',
  path_too_long: 'unsafe_path',

  url_character: 'unsafe_url',
  url_backslash: 'unsafe_url',
  url_malformed: 'unsafe_url',
  url_scheme: 'unsafe_url',
  url_userinfo: 'unsafe_url',
  url_port: 'unsafe_url',
  url_encoding: 'unsafe_url',
  url_above_root: 'unsafe_url',
  url_too_long: 'unsafe_url',

  host_character: 'unsafe_host',
  host_encoded: 'unsafe_host',
  host_malformed: 'unsafe_host',
  host_address_notation: 'unsafe_host',
  host_mixed_script: 'unsafe_host',

  address_not_public: 'private_address',
  name_not_public: 'private_address',
} as const satisfies Record<string, CheckReason<'sanitise'>>;

export type CanonicalReason = keyof typeof CANONICAL_REASONS;

export interface CanonicalProblem {
  /** JSON pointer into the arguments, only as far as the schema declares names. */
  readonly pointer: string;
  readonly reason: CanonicalReason;
}
