/**
 * What an executor says it can run, each time it connects.
 *
 * @module
 */

import * as z from 'zod';
import { type PlacedTier, TIERS, type Tier } from '../manifest/tier.ts';
import { ledgerIdentitySchema } from './ledger-identity.ts';

/** Most plugins of one node. */
const MAX_OFFERED_PLUGINS = 256;

/** Most calls that one node is sent at once; the executor runs as many of them as it has slots. */
export const MAX_NODE_CALLS = 256;

export const nodeOfferSchema = z.strictObject({
  /** Which executor this is, `0.1.0`. */
  version: z.string().max(64),
  /** `linux x64`. */
  platform: z.string().max(64),
  /** Absent: it takes no secrets. */
  sealing: z
    .strictObject({
      /** X25519, 32 bytes as base64url. */
      key: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      /** Over `sealingKeyText`, by the key that the node is known by. */
      signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
    })
    .exactOptional(),
  /** Absent: nobody can tell whether it has lost calls. */
  ledger: ledgerIdentitySchema.exactOptional(),
  /** Whether it can be told to let go of what it keeps from earlier calls. */
  letsGo: z.literal(true).exactOptional(),
  /** What its clock says, epoch milliseconds; absent: nobody can tell before it refuses a ticket. */
  clockAt: z.int().min(0).exactOptional(),
  /** How many calls it runs at once. */
  slots: z.int().min(1).max(MAX_NODE_CALLS),
  plugins: z
    .array(
      z.strictObject({
        name: z.string().max(64),
        codeHash: z.string().regex(/^[0-9a-f]{64}$/),
        tier: z.enum(TIERS),
      }),
    )
    .max(MAX_OFFERED_PLUGINS),
});

export type NodeOffer = z.infer<typeof nodeOfferSchema>;

export interface OfferedPlugin {
  readonly name: string;
  readonly codeHash: string;
  readonly tier: Tier;
}

/** What is asked for may be of a tier that no node has. */
export type WantedPlugin = Omit<OfferedPlugin, 'tier'> & { readonly tier: PlacedTier };

export function offers(offer: NodeOffer, wanted: WantedPlugin): boolean {
  return offer.plugins.some(
    ({ name, codeHash, tier }) =>
      name === wanted.name && codeHash === wanted.codeHash && tier === wanted.tier,
  );
}
