/**
 * Ends a request with a problem, from wherever in the gateway it is found out.
 *
 * @module
 */

import type { ErrorCode } from '../core/errors/codes.ts';
import { Fault } from '../core/errors/fault.ts';
import type { ProblemFacts } from './error-response.ts';

/** Thrown by routes and read by the app alone; carries what the problem document says. */
export class Refusal extends Fault {
  readonly facts: ProblemFacts;

  constructor(code: ErrorCode, facts: ProblemFacts = {}) {
    super(code);
    this.facts = facts;
  }
}
