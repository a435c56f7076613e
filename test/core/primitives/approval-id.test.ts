/** An approval's id leads to its session, and to that alone. */

import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { readApprovalSession, toApprovalId } from '../../../src/core/primitives/approval-id.ts';
import {
  issueSessionId,
  parseWorkspaceId,
  type WorkspaceId,
} from '../../../src/core/primitives/ids.ts';

const keyed = (text: string) => createHmac('sha256', 'key').update(text).digest('hex');
const ACME = parseWorkspaceId('acme') as WorkspaceId;
const OTHER = parseWorkspaceId('other') as WorkspaceId;
const SESSION = issueSessionId(ACME, '1'.repeat(32), keyed);
const ID = toApprovalId(SESSION, keyed('approval'));

test('is read back to the session that it was made for', () => {
  expect(readApprovalSession(ACME, ID, keyed)).toBe(SESSION);
});

test('leads nowhere from another workspace', () => {
  expect(readApprovalSession(OTHER, ID, keyed)).toBeUndefined();
});

test.each([
  ['', 'nothing'],
  ['apr_', 'a prefix'],
  [`${ID}0`, 'one digit more'],
  [ID.slice(0, -1), 'one digit less'],
  [ID.toUpperCase(), 'capitals'],
  [` ${ID}`, 'a space before it'],
  [`${ID}\n`, 'a line end after it'],
  [`apr_${'0'.repeat(76)}`, 'digits that were never issued'],
])('%j leads nowhere: %s', (text) => {
  expect(readApprovalSession(ACME, text, keyed)).toBeUndefined();
});
