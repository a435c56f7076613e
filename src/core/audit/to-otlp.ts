/**
 * Records as spans for OpenTelemetry: OTLP/HTTP in JSON, with the semantic conventions for generative
 * AI where they have a name for what happened.
 *
 * A turn is one trace, whose id stands in the turn's id, hence in its events, its calls' keys and
 * their receipts. What belongs to no turn is a trace of its own. Nothing is in a span that is not in
 * the record.
 *
 * @module
 */

import type { JsonObject, JsonValue } from '../primitives/json.ts';
import type { AuditEvent } from './audit-event.ts';
import type { AuditRecord } from './chain.ts';

const TURN_CHANCE = /^turn_([0-9a-f]{32})/;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

const KIND_INTERNAL = 1;
const KIND_CLIENT = 3;
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** These end a turn: theirs is the span that all others of the trace are below. */
const TURN_ENDS: ReadonlySet<string> = new Set(['turn-finished', 'turn-failed', 'turn-cancelled']);

/** The body of one export request. */
export function toOtlp(records: readonly AuditRecord[], workspace: string): JsonObject {
  const resource = {
    attributes: [
      attribute('service.name', 'sallyport'),
      attribute('sallyport.workspace', workspace),
    ],
  };
  const scopeSpans = [{ scope: { name: 'sallyport.audit' }, spans: records.map(toSpan) }];
  return { resourceSpans: [{ resource, scopeSpans }] };
}

function toSpan({ seq, hash, event }: AuditRecord): JsonObject {
  const [, chance] = TURN_CHANCE.exec(event.turnId ?? '') ?? [];
  const isRoot = chance !== undefined && TURN_ENDS.has(event.action);
  const { at, durationMs = 0, decision, reason } = event;
  return {
    traceId: chance ?? hash.slice(0, TRACE_DIGITS),
    spanId: isRoot ? chance.slice(0, SPAN_DIGITS) : hash.slice(-SPAN_DIGITS),
    ...(chance !== undefined && !isRoot && { parentSpanId: chance.slice(0, SPAN_DIGITS) }),
    name: nameOf(event),
    kind: event.action === 'model-called' ? KIND_CLIENT : KIND_INTERNAL,
    startTimeUnixNano: toNanos(at - durationMs),
    endTimeUnixNano: toNanos(at),
    attributes: [
      ...genAiAttributes(event),
      attribute('sallyport.audit.seq', seq),
      attribute('sallyport.audit.action', event.action),
      attribute('sallyport.audit.decision', decision),
      ...ownAttributes(event),
    ],
    status:
      decision === 'denied' ? { code: STATUS_ERROR, message: reason ?? '' } : { code: STATUS_OK },
  };
}

/** `{operation} {what it is done to}`, as the conventions have it. */
function nameOf({ action, tool, model }: AuditEvent): string {
  if (action === 'model-called' && model !== undefined) return `chat ${model}`;
  if (action === 'tool-result' && tool !== undefined) return `execute_tool ${tool}`;
  return TURN_ENDS.has(action) ? 'invoke_agent' : action;
}

function genAiAttributes({
  action,
  model,
  tool,
  callKey,
  sessionId,
  usage,
}: AuditEvent): JsonObject[] {
  const operation =
    action === 'model-called' ? 'chat' : action === 'tool-result' ? 'execute_tool' : undefined;
  return present({
    'gen_ai.operation.name': TURN_ENDS.has(action) ? 'invoke_agent' : operation,
    'gen_ai.request.model': model,
    'gen_ai.tool.name': tool,
    'gen_ai.tool.call.id': callKey,
    'gen_ai.conversation.id': sessionId,
    'gen_ai.usage.input_tokens': usage?.inputTokens,
    'gen_ai.usage.output_tokens': usage?.outputTokens,
  });
}

function ownAttributes({
  actor,
  plugin,
  pluginVersion,
  node,
  requestId,
  check,
  reason,
  outcome,
  resource,
}: AuditEvent) {
  return present({
    'sallyport.actor': actor,
    'sallyport.plugin': plugin,
    'sallyport.plugin.version': pluginVersion,
    'sallyport.node': node,
    'sallyport.request.id': requestId,
    'sallyport.check': check,
    'sallyport.reason': reason,
    'sallyport.outcome': outcome,
    'sallyport.resource': resource,
  });
}

function present(values: Readonly<Record<string, string | number | undefined>>): JsonObject[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [attribute(key, value)],
  );
}

/** Whole numbers are texts in OTLP's JSON, as in all of Protobuf's. */
function attribute(key: string, value: string | number): JsonObject {
  const written: JsonValue =
    typeof value === 'string' ? { stringValue: value } : { intValue: String(value) };
  return { key, value: written };
}

/** A count of nanoseconds is no safe integer. */
function toNanos(milliseconds: number): string {
  return `${milliseconds}000000`;
}
