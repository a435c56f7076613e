/**
 * Every error code that leaves the gateway, with its HTTP status and whether the same request
 * may succeed later. Closed: a code that is not here cannot be thrown or answered.
 *
 * @module
 */

interface CodeFacts {
  readonly status: number;
  readonly retryable: boolean;
  /** The `title` of the problem document (RFC 9457): the same for every occurrence. */
  readonly title: string;
}

export const ERROR_CODES = {
  bad_request: { status: 400, retryable: false, title: 'Bad request' },
  malformed_json: { status: 400, retryable: false, title: 'Malformed JSON' },
  unauthenticated: { status: 401, retryable: false, title: 'Authentication required' },
  denied: { status: 403, retryable: false, title: 'Denied' },
  origin_refused: { status: 403, retryable: false, title: 'Origin refused' },
  not_found: { status: 404, retryable: false, title: 'Not found' },
  noproc: { status: 404, retryable: false, title: 'No such block' },
  method_not_allowed: { status: 405, retryable: false, title: 'Method not allowed' },
  conflict: { status: 409, retryable: false, title: 'Conflict' },
  turn_waiting: { status: 409, retryable: false, title: 'A turn is waiting for approval' },
  approval_needed: { status: 409, retryable: false, title: 'A human must approve' },
  growth_refused: { status: 409, retryable: false, title: 'Capability growth refused' },
  lease_lost: { status: 409, retryable: false, title: 'Lease lost' },
  authority_stale: { status: 409, retryable: true, title: 'Authority changed' },
  code_quarantined: { status: 409, retryable: false, title: 'Code is quarantined' },
  idempotency_in_progress: { status: 409, retryable: true, title: 'Request in progress' },
  answer_not_kept: { status: 409, retryable: false, title: 'Done, and its answer is not kept' },
  outcome_unknown: { status: 409, retryable: false, title: 'Not known whether it was done' },
  payload_too_large: { status: 413, retryable: false, title: 'Payload too large' },
  unsupported_media_type: { status: 415, retryable: false, title: 'Unsupported media type' },
  host_refused: { status: 421, retryable: false, title: 'Host refused' },
  invalid_body: { status: 422, retryable: false, title: 'Invalid body' },
  idempotency_conflict: { status: 422, retryable: false, title: 'Idempotency key reused' },
  wasm_rejected: { status: 422, retryable: false, title: 'Module rejected' },
  upgrade_failed: { status: 422, retryable: false, title: 'Upgrade failed' },
  plugin_failed: { status: 422, retryable: false, title: 'Plugin did not start' },
  signature_refused: { status: 422, retryable: false, title: 'Signature refused' },
  skill_unknown: { status: 422, retryable: false, title: 'Unknown skill' },
  model_unknown: { status: 422, retryable: false, title: 'Unknown model' },
  model_incapable: { status: 422, retryable: false, title: 'The model cannot do that' },
  model_refused: { status: 424, retryable: false, title: 'The model provider refused the request' },
  rate_limited: { status: 429, retryable: true, title: 'Rate limit reached' },
  budget_exhausted: { status: 429, retryable: true, title: 'Budget exhausted' },
  mailbox_full: { status: 429, retryable: true, title: 'Mailbox full' },
  limit_reached: { status: 429, retryable: false, title: 'Limit reached' },
  model_rate_limited: { status: 429, retryable: true, title: 'The model provider limits its rate' },
  lane_full: { status: 429, retryable: true, title: 'Too many turns are waiting' },
  content_unreadable: { status: 500, retryable: false, title: 'Stored content cannot be opened' },
  internal: { status: 500, retryable: true, title: 'Internal error' },
  tier_unavailable: { status: 501, retryable: false, title: 'Tier unavailable' },
  model_failed: { status: 502, retryable: true, title: 'The model provider failed' },
  channel_unavailable: { status: 503, retryable: true, title: 'Channel unavailable' },
  issuer_unavailable: { status: 503, retryable: true, title: 'Issuer unavailable' },
  audit_unavailable: { status: 503, retryable: true, title: 'Audit unavailable' },
  overloaded: { status: 503, retryable: true, title: 'Overloaded' },
  deadline_exceeded: { status: 504, retryable: true, title: 'Deadline exceeded' },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;
