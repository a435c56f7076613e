import { describe, expect, it } from 'vitest';
import {
  DEPLOYMENT_AUDIT,
  sessionObjectName,
  storageObjectName,
  workspaceAround,
  workspaceObjectName,
  workspaceOf,
} from '../../../src/blocks/kit/address.ts';
import { issueSessionId, parseWorkspaceId } from '../../../src/core/primitives/ids.ts';

const acme = parseWorkspaceId('acme')!;
const acme2 = parseWorkspaceId('acme-2')!;
const session = issueSessionId(acme, '0'.repeat(32), () => 'a'.repeat(64));

describe('object names', () => {
  it('hold the workspace, so that the same id in another workspace is another object', () => {
    expect(sessionObjectName(acme, session)).toBe(`acme/${session}`);
    expect(sessionObjectName(acme2, session)).not.toBe(sessionObjectName(acme, session));
  });

  it('of storages hold workspace and plugin', () => {
    expect(storageObjectName(acme, 'notes')).toBe('acme/notes');
    expect(storageObjectName(acme2, 'notes')).not.toBe(storageObjectName(acme, 'notes'));
  });

  it('of workspaces are their ids, and never that of the deployment', () => {
    expect(workspaceObjectName(acme)).toBe('acme');
    expect(parseWorkspaceId(DEPLOYMENT_AUDIT)).toBeUndefined();
  });
});

describe('workspaceOf()', () => {
  const objectOf = (name: string | undefined) => ({ id: { name } }) as { id: DurableObjectId };

  it('is the name of an object that bears the id of a workspace', () => {
    expect(workspaceOf(objectOf('acme'))).toBe(acme);
  });

  it('refuses objects of any other name', () => {
    for (const name of [undefined, '', DEPLOYMENT_AUDIT, 'acme/notes', 'Acme']) {
      expect(() => workspaceOf(objectOf(name))).toThrow(
        expect.objectContaining({ code: 'not_found' }),
      );
    }
  });
});

describe('workspaceAround()', () => {
  const objectOf = (name: string | undefined) => ({ id: { name } }) as { id: DurableObjectId };

  it('is what the name of an object begins with', () => {
    for (const name of ['acme', sessionObjectName(acme, session)]) {
      expect(workspaceAround(objectOf(name))).toBe(acme);
    }
  });

  it('refuses objects of the deployment, and those without a name', () => {
    for (const name of [undefined, '', DEPLOYMENT_AUDIT, '/acme', 'Acme/notes']) {
      expect(() => workspaceAround(objectOf(name))).toThrow('must begin with a workspace');
    }
  });
});
