/**
 * How requests name a principal: `user:alice`. A name without its kind, or with none that there is, is
 * refused, since it would be taken for somebody who has done nothing.
 *
 * @module
 */

import * as z from 'zod';
import { PRINCIPAL_KINDS } from '../core/policy/principal.ts';

const NAME = new RegExp(`^(${PRINCIPAL_KINDS.join('|')}):[a-z0-9][a-z0-9._-]{0,63}$`);

export const principalNameSchema = z.string().regex(NAME, 'must be kind:id');
