/**
 * Commands that mend, written out so that they can be run as they are: with `call` and `$URL` of
 * `docs/incident-response.md`, and `jq`.
 *
 * Patterns and ids hold no quote, dollar or backslash, so nothing here has to be escaped for the shell:
 * whoever reads them from a gateway that may lie sees to that.
 *
 * @module
 */

/** `change` is a jq update of the policy, such as `.privateHosts = []`. Refused if it was changed meanwhile. */
export function changePolicy(workspace: string, change: string): string {
  return changeWorkspace(workspace, `policy: (.policy | ${change})`);
}

/** `change` is a jq update of each member that it is about. */
export function changeMember(workspace: string, id: string, change: string): string {
  return changeWorkspace(workspace, `members: (.members | ${updateOf('id', id, change)})`);
}

/** Of a list of objects the one whose `member` is `value`. */
export function updateOf(member: string, value: string, change: string): string {
  return `map(if .${member} == ${JSON.stringify(value)} then ${change} else . end)`;
}

/** jq: the list without these patterns, in both forms in which a bare name is stored. */
export function takeAway(path: string, patterns: readonly string[]): string {
  return `${path} -= ${JSON.stringify(patterns.flatMap((pattern) => [pattern, `${pattern}:*`]))}`;
}

/** Gives a principal other tokens for his present ones; none if nothing is left to give. */
export function replaceTokens(
  subject: string,
  grants: readonly string[],
  tokens: readonly string[],
): string {
  const ends = tokens.map((token) => `call -X DELETE "$URL/v1/tokens/${token}"`);
  return [...(grants.length === 0 ? [] : [issueToken(subject, grants)]), ...ends].join('; ');
}

export function issueToken(subject: string, grants: readonly string[]): string {
  const [kind = '', id = ''] = subject.split(':');
  return `call "$URL/v1/tokens" -d '${JSON.stringify({ subject: { kind, id }, grants })}'`;
}

function changeWorkspace(workspace: string, part: string): string {
  const url = `"$URL/v1/workspaces/${workspace}"`;
  return `call ${url} | jq '{${part}, ifRevision: .revision}' | call -X PUT ${url} -d @-`;
}
