/**
 * What a person has typed into Slack, read from what Slack makes of it (docs.slack.dev, "Formatting
 * message text"): three characters are written as entities, and mentions, links and addresses stand
 * between angle brackets.
 *
 * @module
 */

const REFERENCE = /<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>/g;

const ENTITY = /&(amp|lt|gt);/g;

const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>' };

/** What Slack puts before an address that somebody typed without it. */
const ADDED_SCHEME = /^(?:https?:\/\/|mailto:|tel:)/;

/** In brackets, the kind of a command and its argument: `subteam^S012`. */
const COMMAND_ARGUMENTS = /^[a-z]+\^/;

/**
 * A mention of `self` is left out: in a channel each message for the app begins with one.
 *
 * @example
 * ```ts
 * readSlackText('<@U1> is a &lt; b at <https://a.example|a.example>?', 'U1'); // 'is a < b at a.example?'
 * ```
 */
export function readSlackText(text: string, self?: string): string {
  const words = text.replace(REFERENCE, (_, kind: string, target: string, label = '') => {
    if (kind === '@' && target === self) return '';
    return kind === '' ? toLink(target, label) : toMention(kind, target, label);
  });
  const read = words.replace(ENTITY, (_, name: string) => CHARACTERS[name] ?? '');
  return self === undefined ? read : read.trim();
}

/** Where a link leads is always told: what it is called may be another address. */
function toLink(target: string, label: string): string {
  const typed = target.replace(ADDED_SCHEME, '');
  if (label === '') return target;
  return label === target || label === typed ? label : `${label} (${target})`;
}

function toMention(kind: string, target: string, label: string): string {
  const sign = kind === '!' ? '@' : kind;
  if (label === '') return `${sign}${target.replace(COMMAND_ARGUMENTS, '')}`;
  // Of a command, the label is what is shown in its place.
  return kind === '!' ? label : `${sign}${label}`;
}
