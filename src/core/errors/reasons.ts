/**
 * Why a check said no: one closed list for each of the seven checks, the four result checks, and the
 * inspection of what a turn is given and of what its model says.
 *
 * @module
 */

export const CHECK_REASONS = {
  parse: [
    'malformed_arguments',
    'duplicate_key',
    'duplicate_call_id',
    'arguments_too_large',
    'arguments_too_deep',
    'too_many_calls',
    'unknown_handle',
    'misplaced_handle',
  ],
  structure: ['malformed_envelope', 'schema_mismatch', 'schema_unusable'],
  registry: ['unknown_tool', 'lookalike_name', 'plugin_not_running'],
  capability: [
    'plugin_not_registered',
    'plugin_allow_missing',
    'plugin_deny_match',
    'workspace_allow_missing',
    'workspace_deny_match',
    'principal_grant_missing',
    'block_capability_missing',
    'node_policy_denied',
    'unknown_capability',
    'malformed_capability',
    'outside_skill',
  ],
  sanitise: [
    'unsafe_path',
    'unsafe_url',
    'unsafe_host',
    'private_address',
    'unsafe_text',
    'shell_metacharacter',
    'template_unfilled',
    'schema_mismatch',
    'secret_in_arguments',
    'flow_denied',
    'approval_required',
    'approval_denied',
    'approval_expired',
  ],
  limits: [
    'tool_rate',
    'session_rate',
    'principal_rate',
    'workspace_rate',
    'loop_detected',
    'token_budget',
    'money_budget',
    'turn_call_limit',
    'slice_exhausted',
  ],
  dispatch: [
    'tier_unavailable',
    'ticket_refused',
    'node_policy_denied',
    'clock_skew',
    'deadline',
    'cancelled',
    'plugin_stopped',
    'fuel',
    'memory',
    'stack',
    'trap',
    'exit',
    'timeout',
    'output_too_large',
    'host_denied',
    'sign_in_needed',
    'plugin_error',
    'unknown',
  ],
  size: ['unreadable_output'],
  shape: ['output_schema_mismatch', 'output_not_json'],
  content: ['injection_detected', 'secret_detected', 'personal_data_detected', 'uninspectable'],
  label: ['unlabelled'],
  input: ['injection_detected', 'secret_detected', 'personal_data_detected', 'uninspectable'],
  output: ['secret_detected', 'personal_data_detected', 'uninspectable'],
} as const satisfies Record<string, readonly string[]>;

export type CheckName = keyof typeof CHECK_REASONS;
export type CheckReason<Check extends CheckName = CheckName> =
  (typeof CHECK_REASONS)[Check][number];
