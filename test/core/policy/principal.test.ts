/** Under which names principals have things of their own. */

import { expect, test } from 'vitest';
import { toHolderName } from '../../../src/core/policy/principal.ts';
import { workspaceId } from './authority-builder.ts';

test('who acts for somebody has nothing of its own: no principal is called so', () => {
  const workspace = workspaceId('acme');
  const service = { kind: 'service', id: 'schedule-night', tokenId: 'tok_1', workspace } as const;
  expect(toHolderName(service)).toBe('service:schedule-night');
  const behalf = { kind: 'user', id: 'alice', grants: [] } as const;
  expect(toHolderName({ ...service, behalf })).toBe('service:schedule-night for user:alice');
});
