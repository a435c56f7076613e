/**
 * A secret of the workspace in the hands of this machine, for one call.
 *
 * @module
 */

import type { CallSecret } from '../core/executor-protocol/sealed-secrets.ts';
import type { SecretDelivery } from '../core/manifest/executor-plugin.ts';

export interface GivenSecret extends CallSecret {
  /** As the plugin's manifest says. */
  readonly delivery: SecretDelivery;
}
