/**
 * The ways in which one link is written: people leave out the scheme that a program wants, and
 * programs end a bare host with a slash. One scheme never stands for another.
 *
 * @module
 */

const SCHEME = /^https?:\/\//;
const HOST_AND_SLASH = /^((?:https?:\/\/)?[^/?#@\s]+)\/$/;

/** Two labels, the last of letters: a host, and also a file's name, which is asked about in vain. */
const SCHEMELESS_LINK = /^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}(?:[:/?#].*)?$/u;

/** Of a folded value, itself first; of what is no link, nothing else. */
export function listLinkForms(folded: string): readonly string[] {
  const link = folded.replace(HOST_AND_SLASH, '$1');
  const own = link === folded ? [folded] : [folded, link];
  if (SCHEME.test(link)) return [...own, link.replace(SCHEME, '')];
  return isSchemelessLink(link) ? [...own, `http://${link}`, `https://${link}`] : own;
}

/** Whether a word begins with a host, so that most programs take it for a link. */
export function isSchemelessLink(word: string): boolean {
  return SCHEMELESS_LINK.test(word);
}
