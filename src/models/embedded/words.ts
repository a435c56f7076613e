/**
 * Words of a plain request, brought to a form in which they can be compared: lower case, without
 * endings, and with one word for each light group of synonyms.
 *
 * @module
 */

const STOP_WORDS = new Set(
  (
    'a an and any are as at be by can could do does for from give has have i in into is it its just ' +
    'kindly let like me my need now of on or our out please so some that the their them then there ' +
    'these they this those to us use using want was we were what which will with would you your ' +
    'tool call run make if not no but about also here how much many'
  ).split(' '),
);

/** Each group is compared as its first word, a stem. */
const SYNONYMS = [
  'count number total tally length statistic stat analys analyz analysi measur',
  'fetch download retriev load visit open brows request curl',
  'query extract select pick lookup filter',
  'character letter char',
  'url link website webpag page site address',
  'json object',
  'text string',
  'add plus sum',
  'find search',
  'send post',
  'remov delet',
  'creat writ',
] as const;

const CANONICAL = new Map(
  SYNONYMS.flatMap((group) => {
    const words = group.split(' ');
    return words.map((word): [string, string] => [word, words[0] ?? word]);
  }),
);

/** Longest endings first; what is left must have three letters. */
const ENDINGS = ['ations', 'ation', 'ings', 'ing', 'ies', 'ied', 'ers', 'er', 'es', 'ed', 's', 'e'];
const LEAST_STEM = 3;

/** The telling words of a text as comparable stems, in order, repeated ones included. */
export function toStems(text: string): readonly string[] {
  return splitWords(text.replace(/\bhow (?:many|long)\b/gi, 'count'))
    .filter((word) => !STOP_WORDS.has(word))
    .map(toStem);
}

/** Lower-case words; a name such as `http-fetch`, `text_stats` or `maxItems` gives its parts. */
export function splitWords(text: string): readonly string[] {
  return text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

function toStem(word: string): string {
  const ending = ENDINGS.find(
    (end) => word.endsWith(end) && word.length - end.length >= LEAST_STEM,
  );
  let stem = ending === undefined ? word : word.slice(0, -ending.length);
  if (ending === 'ies' || ending === 'ied') stem += 'y';
  if (/([bdgmnprt])\1$/.test(stem) && ending !== undefined) stem = stem.slice(0, -1);
  return CANONICAL.get(stem) ?? CANONICAL.get(word) ?? stem;
}
