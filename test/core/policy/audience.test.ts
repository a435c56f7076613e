import { describe, expect, test } from 'vitest';
import { readAudiences, workspaceOfAudiences } from '../../../src/core/policy/audience.ts';
import { parseWorkspaceId, type WorkspaceId } from '../../../src/core/primitives/ids.ts';

const own = parseWorkspaceId('default') as WorkspaceId;

describe('readAudiences()', () => {
  test('reads pairs, with any audience before the last "="', () => {
    const text = ' client-7=acme  https://a.example.com/?x=1=beta ';
    expect([...(readAudiences(text) ?? [])]).toEqual([
      ['client-7', 'acme'],
      ['https://a.example.com/?x=1', 'beta'],
    ]);
    expect(readAudiences('')?.size).toBe(0);
  });

  test.each(['client-7', '=acme', 'client-7=', 'client-7=Acme', 'a=b a=c', 'good=a bad'])(
    'reads nothing of %j: half a list is none',
    (text) => expect(readAudiences(text)).toBeUndefined(),
  );
});

describe('workspaceOfAudiences()', () => {
  const known = readAudiences('client-7=acme sallyport:gamma=delta') ?? new Map();
  const of = (...audiences: string[]) => workspaceOfAudiences(audiences, { known, own });

  test('goes by the operator’s word, then by the audience’s own, else to the own workspace', () => {
    expect(of('client-7')).toBe('acme');
    expect(of('sallyport:beta')).toBe('beta');
    expect(of('sallyport:gamma')).toBe('delta');
    expect(of('https://gateway.example.com')).toBe('default');
    expect(of()).toBe('default');
  });

  test('lets an audience that says nothing stand beside one that does', () => {
    expect(of('https://login.example.com/userinfo', 'client-7')).toBe('acme');
    expect(of('sallyport:acme', 'client-7')).toBe('acme');
  });

  test('finds none where two are named, and takes no other spelling for a name', () => {
    expect(of('client-7', 'sallyport:beta')).toBeUndefined();
    for (const odd of [
      'Sallyport:beta',
      'sallyport:Beta',
      'sallyport:',
      'sallyport:be/ta',
      ' client-7',
    ]) {
      expect(of(odd)).toBe('default');
    }
  });
});
