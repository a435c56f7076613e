/**
 * `regex-extract`: what a regular expression matches in a text. Pure computation; it asks for nothing.
 *
 * The expression is run by the library of the engine that runs this plugin, which goes back and tries
 * again. One that does so for ever, such as `^(a+)+$`, ends the call as `fuel`, and nothing else.
 */

const DEFAULT_LIMIT = 100;

/** Longest text of all matches together, in UTF-16 code units. */
const MAX_LENGTH = 262_144;

export function regexExtract({ text, expression, flags = '', limit = DEFAULT_LIMIT }) {
  let regex;
  try {
    regex = new RegExp(expression, `g${flags}`);
  } catch (error) {
    return refuse(error);
  }
  const matches = [];
  let length = 0;
  let truncated = false;
  for (const match of text.matchAll(regex)) {
    length += match.reduce((sum, part) => sum + (part?.length ?? 0), 0);
    truncated = matches.length === limit || length > MAX_LENGTH;
    if (truncated) break;
    matches.push(describe(match));
  }
  return { count: matches.length, matches, ...(truncated && { truncated }) };
}

/** What is wrong with an expression can be mended by the one who asks, so it is part of the answer. */
function refuse({ message }) {
  const argument = /flags/.test(message) ? 'flags' : 'expression';
  return { count: 0, matches: [], error: { argument, must: `be valid: ${message}` } };
}

/** Groups that took no part in a match are `null`. */
function describe(found) {
  const [match, ...groups] = found.map(toText);
  return {
    match,
    at: found.index,
    ...(groups.length > 0 && { groups: groups.map((group) => group ?? null) }),
    ...(found.groups && { named: toTexts(found.groups) }),
  };
}

function toTexts(groups) {
  return Object.fromEntries(Object.entries(groups).map(([name, part]) => [name, toText(part)]));
}

/** Without the flags u and v a match may begin or end within a character, which is no text then. */
function toText(part) {
  return part?.toWellFormed();
}
