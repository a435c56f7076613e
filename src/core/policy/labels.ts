/**
 * Information-flow labels: who may have written a value, and who may read it.
 *
 * What has no label is untrusted. Labels only ever join: integrity falls, confidentiality rises.
 *
 * @module
 */

export type Integrity = 'trusted' | 'untrusted';
export type Confidentiality = 'public' | 'workspace' | 'secret';

/** A `type`, so that it is a `JsonObject`. */
export type Label = {
  readonly integrity: Integrity;
  readonly confidentiality: Confidentiality;
};

/** What joining begins with: nobody has been heard yet. */
export const LOWEST_LABEL: Label = { integrity: 'trusted', confidentiality: 'public' };

/** What is assumed of a value whose label was lost. */
export const HIGHEST_LABEL: Label = { integrity: 'untrusted', confidentiality: 'secret' };

/** The principal's own words. */
export const PRINCIPAL_LABEL: Label = { integrity: 'trusted', confidentiality: 'workspace' };

/** What nobody labelled, and what outsiders may have written. */
export const UNTRUSTED_LABEL: Label = { integrity: 'untrusted', confidentiality: 'workspace' };

const CONFIDENTIALITY_ORDER = ['public', 'workspace', 'secret'] as const;

/** The label of something that was made from both. */
export function joinLabels(a: Label, b: Label): Label {
  const rank = Math.max(
    CONFIDENTIALITY_ORDER.indexOf(a.confidentiality),
    CONFIDENTIALITY_ORDER.indexOf(b.confidentiality),
  );
  return {
    integrity: a.integrity === 'trusted' && b.integrity === 'trusted' ? 'trusted' : 'untrusted',
    confidentiality: CONFIDENTIALITY_ORDER[rank] ?? 'secret',
  };
}

/** Whether this is a label: what comes from storage or another object may be of an older kind. */
export function isLabel(value: Label | undefined): value is Label {
  return (
    value !== undefined &&
    (value.integrity === 'trusted' || value.integrity === 'untrusted') &&
    CONFIDENTIALITY_ORDER.includes(value.confidentiality)
  );
}
