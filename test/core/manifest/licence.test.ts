import { describe, expect, test } from 'vitest';
import { MAX_LICENCE_LENGTH, readLicence } from '../../../src/core/manifest/licence.ts';

describe('readLicence()', () => {
  test.each([
    ['MIT', ['MIT']],
    ['GPL-2.0+', ['GPL-2.0']],
    ['(MIT)', ['MIT']],
    ['MIT OR Apache-2.0', ['MIT', 'Apache-2.0']],
    ['(MIT AND (BSD-3-Clause OR ISC)) OR Zlib', ['MIT', 'BSD-3-Clause', 'ISC', 'Zlib']],
    [
      'GPL-2.0-only WITH Classpath-exception-2.0 OR MIT',
      ['GPL-2.0-only', 'Classpath-exception-2.0', 'MIT'],
    ],
    ['LicenseRef-Our-Own', ['LicenseRef-Our-Own']],
    ['DocumentRef-spdx.1:LicenseRef-x', ['DocumentRef-spdx.1:LicenseRef-x']],
  ])('reads the ids of %j', (text, ids) => {
    expect(readLicence(text)).toEqual(ids);
  });

  test.each([
    ...['', ' ', 'AND', 'MIT OR', 'OR MIT', 'MIT MIT', 'the MIT one', 'MIT and ISC', 'MIT,ISC'],
    ...['(MIT', 'MIT)', '()', '(MIT))(', 'MIT (ISC)', ')MIT(', 'MIT++', '+', 'Foo:MIT'],
    ...['MIT WITH', 'MIT WITH (X)', '(MIT) WITH X', 'A WITH B WITH C', 'WITH X', 'MIT OR WITH X'],
    ...['LicenseRef-', 'MIT\u0000', 'MÏT'],
  ])('refuses %j', (text) => {
    expect(readLicence(text)).toBeUndefined();
  });

  test('bounds the length', () => {
    expect(readLicence('a'.repeat(MAX_LICENCE_LENGTH))).toHaveLength(1);
    expect(readLicence('a'.repeat(MAX_LICENCE_LENGTH + 1))).toBeUndefined();
  });
});
