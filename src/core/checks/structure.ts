/**
 * Check 2: the call has the form of a call, and its arguments the form that its tool declares.
 *
 * Only the schema of exactly this name is asked. A name that nobody registered passes here, so
 * that check 3 can say what it is.
 *
 * @module
 */

import type { ProposedToolCall } from '../conversation/tool-call.ts';
import { deny } from '../errors/denial.ts';
import type { Authority } from '../policy/authority.ts';
import { findTool, type RegisteredTool } from '../policy/authority-index.ts';
import type { JsonObject } from '../primitives/json.ts';
import { err, ok } from '../primitives/result.ts';
import type { Check } from './check-context.ts';
import { type AdmittedSchema, admitSchema } from './schema/admit-schema.ts';
import { validateValue } from './schema/validate-value.ts';

/** Longest name and longest id that are looked at, in UTF-16 code units. */
export const MAX_NAME_LENGTH = 128;
export const MAX_CALL_ID_LENGTH = 256;

export interface StructuredCall {
  readonly passed: 'structure';
  readonly proposed: ProposedToolCall;
  /** The tool of exactly this name, if there is one. */
  readonly known?: KnownTool;
}

export interface KnownTool extends RegisteredTool {
  /** Its input schema. */
  readonly schema: AdmittedSchema;
}

const CONTROL = /\p{Control}/u;

export const checkStructure: Check<ProposedToolCall, StructuredCall> = (call, { authority }) => {
  const hasForm =
    isText(call.name, MAX_NAME_LENGTH) && isText(call.modelCallId, MAX_CALL_ID_LENGTH);
  if (!hasForm) return err(deny('structure', 'malformed_envelope'));
  const registered = findMeant(authority, call);
  if (registered === undefined) return ok({ passed: 'structure', proposed: call });

  const schema = admitSchema(registered.tool.inputSchema);
  if (!schema.ok) return err(deny('structure', 'schema_unusable'));
  const mismatch = findMismatch(schema.value, call.arguments);
  if (mismatch !== undefined) return err(deny('structure', 'schema_mismatch', mismatch));
  const known = { ...registered, schema: schema.value };
  return ok({ passed: 'structure', proposed: call, known });
};

/** Another plugin's tool of the name is not the one that was meant. */
function findMeant(
  authority: Authority,
  { name, plugin }: ProposedToolCall,
): RegisteredTool | undefined {
  const found = findTool(authority, name);
  return plugin === undefined || found?.plugin.name === plugin ? found : undefined;
}

/** Where arguments are not what the schema describes, if anywhere; asked again in check 5. */
export function findMismatch(
  schema: AdmittedSchema,
  value: JsonObject,
): { readonly pointer: string } | undefined {
  const valid = validateValue(schema, value);
  return valid.ok ? undefined : { pointer: valid.error[0]?.pointer ?? '' };
}

/** Look-alike letters and invisible characters may pass: check 3 knows what they are. */
function isText(text: string, maxLength: number): boolean {
  return text !== '' && text.length <= maxLength && text.isWellFormed() && !CONTROL.test(text);
}
