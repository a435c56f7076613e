/**
 * How requests name a principal: `user:alice`. A name without its kind is refused, since it would be taken
 * for somebody who has done nothing.
 *
 * @module
 */

import * as z from 'zod';

export const principalNameSchema = z
  .string()
  .regex(/^[a-z]+:[a-z0-9][a-z0-9._-]{0,63}$/, 'must be kind:id');
