/**
 * Admits a schema that a test knows to be one, and fails loudly where it is not.
 *
 * @module
 */

import {
  type AdmittedSchema,
  admitSchema,
} from '../../../../src/core/checks/schema/admit-schema.ts';

export function admit(schema: object): AdmittedSchema {
  const admitted = admitSchema(schema);
  if (!admitted.ok) throw new Error(JSON.stringify(admitted.error));
  return admitted.value;
}
