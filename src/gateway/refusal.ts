/**
 * Ends a request with a problem, from wherever in the gateway it is found out.
 *
 * @module
 */

import type { ErrorCode } from '../core/errors/codes.ts';
import { Fault } from '../core/errors/fault.ts';
import type { PointerError } from '../core/errors/pointer-errors.ts';
import type { ProblemFacts } from './error-response.ts';

/** Thrown by routes and read by the app alone; carries what the problem document says. */
export class Refusal extends Fault {
  readonly facts: ProblemFacts;

  constructor(code: ErrorCode, facts: ProblemFacts = {}) {
    super(code);
    this.facts = facts;
  }
}

/** For what is not there, and for what is somebody else's. */
export function noSuch(thing: string): Refusal {
  return new Refusal('not_found', { detail: `There is no such ${thing}` });
}

/** @throws Refusal if there is none. */
export function found<T>(value: T | undefined, thing: string): T {
  if (value === undefined) throw noSuch(thing);
  return value;
}

const UNFIT = 'Cannot take the request: what "errors" names must be changed';

/** For what no schema can say of a body. */
export function invalidBody(error: PointerError): Refusal {
  return new Refusal('invalid_body', { detail: UNFIT, errors: [error] });
}
