import { expect, test } from 'vitest';
import { toAuditFamily } from '../../../src/core/audit/redact.ts';

test.each([
  ['tool:file:read:/home/alice/diary.txt', 'tool:file:read'],
  ['tool:network:http:api.example.com:443', 'tool:network:http'],
  ['system:admin', 'system:admin'],
  ['tool:file:read:hunter2', 'unknown'],
  ['my password is hunter2', 'unknown'],
  ['tool:file:read:*', 'unknown'],
])('of %j only %s goes on the record', (capability, family) => {
  expect(toAuditFamily(capability)).toBe(family);
});
