/**
 * What a credential is used for, and from where: noted with the credential, and counted.
 *
 * @module
 */

import type { ClientClass } from './client-class.ts';

export interface RequestUse {
  /** Name of the route. */
  readonly operation: string;
  /** As the platform says; absent where nobody can tell. */
  readonly source?: string;
  readonly client: ClientClass;
}
