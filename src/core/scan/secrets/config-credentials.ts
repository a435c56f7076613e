/**
 * Credentials that are known by the file or the setting in which they stand.
 *
 * @module
 */

import { isOf } from '../alphabets.ts';
import { type Candidate, type Matcher, openFrom } from '../matcher.ts';
import { matchShape, parseShape } from '../shape.ts';
import { judgeCandidate } from './candidate-checks.ts';

const AWS_SECRET = parseShape('base64{40}');

/** Quotes, white space and a sign of assignment between a setting's name and its value. */
const ASSIGNMENT = /^["'\\]{0,3}\s{0,4}(?:=>|[:=])\s{0,4}["'\\]{0,3}/;
const MAX_ASSIGNMENT = 16;

function matchAwsSecret(literal: string): Matcher {
  return {
    name: 'aws-secret-key',
    literal,
    read(runs, start, end) {
      const gap = runs.text.slice(end, end + MAX_ASSIGNMENT);
      const sign = ASSIGNMENT.exec(gap)?.[0].length;
      if (sign === undefined || end + sign === runs.text.length) {
        return gap.length < MAX_ASSIGNMENT ? openFrom(start, runs) : undefined;
      }
      const at = end + sign;
      const match = matchShape(AWS_SECRET, runs, at);
      if (match === 'open') return openFrom(start, runs);
      if (match === undefined || isOf('base64', runs.text.charCodeAt(match.end))) return undefined;
      const confidence = judgeCandidate(runs.text.slice(at, match.end), { check: 'aws' });
      if (confidence === undefined) return undefined;
      const { end: last, isOpen } = match;
      return { start: at, end: last, confidence, isOpen, heldFrom: start };
    },
  };
}

export const AWS_SECRETS: readonly Matcher[] = [
  'aws_secret_access_key',
  'aws_secret_key',
  'secretaccesskey',
].map(matchAwsSecret);

/** The password of a package source in the settings of NuGet. */
export const NUGET_PASSWORD: Matcher = {
  name: 'nuget-password',
  literal: 'cleartextpassword" value="',
  read(runs, start, end) {
    const last = runs.endOfRun('password', end, 128);
    if (last === runs.text.length) return openFrom(start, runs);
    const value = runs.text.slice(end, last);
    const isPassword = value.length >= 6 && !/[!$]|^%.*%$|^[xX*]+$/.test(value);
    if (!isPassword || runs.text[last] !== '"') return undefined;
    return { start: end, end: last, confidence: 'medium', isOpen: false };
  },
};

/** How far from its kind the data of a Kubernetes secret may stand, in code units. */
const MAX_DOCUMENT = 2_048;

/** A line of the data: a name, and base64 that is more than a word. */
const DATA_VALUE =
  /^[ \t]+["']?[\w.-]{1,64}["']?:[ \t]*(?:[|>]-?[ \t]*\r?\n[ \t]+)?["']?([A-Za-z0-9+/]{10,2048}={0,2})["']?[ \t]*\r?$/gm;
const DATA_HEADING = /^[ \t]*(?:data|stringData):[ \t]*\r?$/gm;

/** The data of a Kubernetes secret, which is encoded and not encrypted. */
function matchKubernetesSecret(literal: string): Matcher {
  return {
    name: 'kubernetes-secret',
    literal,
    read(runs, start, end) {
      const { text } = runs;
      if (/[\w-]/.test(text.charAt(end))) return undefined;
      const from = lastSeparator(text, start);
      const found = findData(text.slice(from, documentEnd(text, end)));
      const isOpen = text.length < end + MAX_DOCUMENT;
      if (found === undefined) return isOpen ? openFrom(start, runs) : undefined;
      return toCandidate(found, from, isOpen);
    },
  };
}

function toCandidate(
  { at, length }: { readonly at: number; readonly length: number },
  from: number,
  isOpen: boolean,
): Candidate {
  const start = from + at;
  return { start, end: start + length, confidence: 'medium', isOpen };
}

function lastSeparator(text: string, at: number): number {
  const from = Math.max(0, at - MAX_DOCUMENT);
  const separator = text.slice(from, at).lastIndexOf('\n---');
  return separator === -1 ? from : from + separator + 1;
}

function documentEnd(text: string, at: number): number {
  const limit = at + MAX_DOCUMENT;
  const separator = text.slice(at, limit).indexOf('\n---');
  return separator === -1 ? limit : at + separator;
}

/** From the first value of the data to the end of the last one. */
function findData(yaml: string): { at: number; length: number } | undefined {
  const values = [...yaml.matchAll(DATA_HEADING)].flatMap(({ index, 0: heading }) => {
    const from = index + heading.length;
    const body = yaml.slice(from).split(/^(?=[A-Za-z"'])/m)[0] ?? '';
    return Array.from(body.matchAll(DATA_VALUE), ({ index, 0: line, 1: value = '' }) => {
      const start = from + index + line.lastIndexOf(value);
      return { start, end: start + value.length };
    });
  });
  const [first, last] = [values[0], values.at(-1)];
  return first && last && { at: first.start, length: last.end - first.start };
}

/** Lines of settings, and of what is not whole yet: whatever is within them may follow. */
const SETTINGS = /^(?:(?:[ \t][^\n]*|[\w"'-]+:[^\n]*|\r?)\n)*[^\n]*$/;

/** Its data comes before its kind where names are in the order of the alphabet, as `kubectl` has it. */
const KUBERNETES_DATA: Matcher = {
  name: 'kubernetes-secret',
  literal: 'data:',
  read(runs, start, end) {
    const { text } = runs;
    const lineAt = text.lastIndexOf('\n', start) + 1;
    const isHeading = /^[ \t]*(?:string)?$/.test(text.slice(lineAt, start));
    if (!isHeading || text.length >= end + MAX_DOCUMENT) return undefined;
    const rest = text.slice(end);
    const isOver = /^(?:---|kind:[^\n]*\n)/m.test(rest) || !SETTINGS.test(rest);
    return isOver ? undefined : openFrom(lineAt, runs);
  },
};

export const KUBERNETES_SECRETS: readonly Matcher[] = [
  KUBERNETES_DATA,
  ...['kind: secret', 'kind: "secret"', "kind: 'secret'"].map(matchKubernetesSecret),
];
