/**
 * What can be done about a denial, in one sentence for each reason: for whoever called and for his
 * operator. No model hears it, since it says how to get past a check.
 *
 * @module
 */

import type { Denial } from './denial.ts';
import type { CheckName, CheckReason } from './reasons.ts';

type Remedies = { readonly [Check in CheckName]: { readonly [R in CheckReason<Check>]: string } };

const RATE = 'Wait for Retry-After, or raise the rates of the policy';
const BUDGET = 'Wait for the next period, or raise the budgets of the policy';
const SCANNED =
  'If it is harmless, change what the policy’s "scan" does about the rule in "findings"';
const CATALOGUE = 'Correct the capability that the tool requires: docs/security/capabilities.md';
const SCHEMA =
  'Send what the inputSchema of the tool says (GET /v1/tools): all that it requires, and no member ' +
  'that it does not declare, unless it has additionalProperties';
const NODE = 'Widen the ceiling of the node (PUT /v1/nodes/{id}/ceiling), or its executor.toml';
const LOGGED = 'Its log says why: GET /v1/plugins/{name}/logs, or that of the executor';

const REMEDIES: Remedies = {
  parse: {
    malformed_arguments: 'Send the arguments as one JSON object',
    duplicate_key: 'Name each member of the arguments once',
    duplicate_call_id: 'Give each call of a reply an id of its own',
    arguments_too_large: 'Send less',
    arguments_too_deep: 'Nest the arguments less',
    too_many_calls: 'Propose fewer calls in one reply',
    unknown_handle: 'Use the handles of this session, as they were shown',
    misplaced_handle: 'Put a handle in the place of a whole argument that takes one',
  },
  structure: {
    malformed_envelope: 'Give the call a short name and id without control characters',
    schema_mismatch: SCHEMA,
    schema_unusable: 'Install the plugin anew: its schema is not admitted by this version',
  },
  registry: {
    unknown_tool: 'Name a tool that GET /v1/tools lists',
    lookalike_name: 'Write the name of the tool in plain letters, as GET /v1/tools does',
    plugin_not_running: 'Install its plugin again; GET /v1/plugins/{name} says what became of it',
  },
  capability: {
    plugin_not_registered: 'Install the plugin of the tool',
    plugin_allow_missing:
      'Ask for it in "capabilities" of the plugin’s manifest, and install that under a higher version',
    plugin_deny_match: 'Take it out of "deny" in the plugin’s manifest',
    workspace_allow_missing: 'Add it to "allow" of the policy: PUT /v1/workspaces/{id}',
    workspace_deny_match: 'Take it out of "deny" of the policy: PUT /v1/workspaces/{id}',
    principal_grant_missing:
      'Use a token that was issued with it; POST /v1/explain names the grant',
    block_capability_missing: 'Spawn the block with it',
    node_policy_denied: NODE,
    unknown_capability: CATALOGUE,
    malformed_capability: CATALOGUE,
    outside_skill: 'Name it in the skill, or go on without that skill',
  },
  sanitise: {
    unsafe_path: 'Send an absolute path without "..", or encoded or invisible characters',
    unsafe_url: 'Send an absolute http or https URL without credentials',
    unsafe_host: 'Send a host name as DNS has it, or an address in its usual form',
    private_address: 'Name exactly this host:port in "privateHosts" of the policy',
    unsafe_text: 'Take out invisible characters, and those that turn the direction of text',
    shell_metacharacter: 'Send the program and each argument by itself',
    template_unfilled: 'Send the arguments that "requires" of the tool names',
    schema_mismatch: SCHEMA,
    secret_in_arguments: 'Send no secret; a plugin is given one by its settings',
    flow_denied: 'Begin a session that has not read this; docs/security/information-flow.md',
    approval_required: 'Send the request with an Idempotency-Key, to come back once it is approved',
    approval_denied: 'Ask whoever decided',
    approval_expired: 'Call again, and have it decided in time',
  },
  limits: {
    tool_rate: RATE,
    session_rate: RATE,
    principal_rate: RATE,
    workspace_rate: RATE,
    loop_detected: 'Send other arguments: this very call was made again and again',
    token_budget: BUDGET,
    money_budget: BUDGET,
    turn_call_limit: 'Make fewer calls in a turn, or raise "limits" of the policy',
    slice_exhausted: 'Try again: it is given a share of the rates anew',
  },
  dispatch: {
    tier_unavailable: 'Start what runs this tier: a machine with the plugin, or a Worker Loader',
    ticket_refused: 'Try again; if it stays so, the log of the executor says why',
    node_policy_denied: NODE,
    clock_skew: 'Set the clock of the machine',
    deadline: 'Ask again, with more time or fewer calls at once',
    cancelled: 'Call again, unless it was you who cancelled it',
    plugin_stopped: 'Install its plugin again',
    fuel: 'Raise "limits.fuel" of the manifest, or let the plugin compute less',
    memory: 'Raise "limits.memoryPages" of the manifest (of a process "memoryBytes"), or use less',
    stack: 'Recurse less deeply',
    trap: LOGGED,
    exit: LOGGED,
    timeout: 'Raise "limits.timeoutMs" of the manifest, or wait for less',
    output_too_large: 'Answer with less, or raise "limits.maxOutputBytes" of the manifest',
    host_denied:
      'The record says which request was refused, and why: GET /v1/audit?action=host-call',
    sign_in_needed: 'Sign in: npx --no sallyport plugin sign-in <plugin>',
    plugin_error: LOGGED,
    unknown: 'Look whether it was done before you call again',
  },
  size: { unreadable_output: 'Answer in UTF-8' },
  shape: {
    output_schema_mismatch: 'Let the outputSchema of the tool say what its plugin answers',
    output_not_json: 'Answer in JSON, or leave the outputSchema out',
  },
  content: {
    injection_detected: SCANNED,
    secret_detected: SCANNED,
    personal_data_detected: SCANNED,
    uninspectable: SCANNED,
  },
  label: { unlabelled: 'Report it: a result without a label is an error of the gateway' },
  input: {
    injection_detected: SCANNED,
    secret_detected: SCANNED,
    personal_data_detected: SCANNED,
    uninspectable: SCANNED,
  },
  output: {
    secret_detected: SCANNED,
    personal_data_detected: SCANNED,
    uninspectable: SCANNED,
  },
};

export function remedyFor({ check, reason }: Denial): string {
  const remedies: Readonly<Record<string, string>> = REMEDIES[check];
  return remedies[reason] ?? '';
}
