/**
 * Licences that people know by their SPDX id. The full list has hundreds more; an id that is not
 * here is worth a look, and nothing worse.
 *
 * @module
 */

import { readLicence } from '../core/manifest/licence.ts';

const KNOWN: ReadonlySet<string> = new Set([
  ...['0BSD', 'AFL-3.0', 'AGPL-3.0-only', 'AGPL-3.0-or-later', 'Apache-1.1', 'Apache-2.0'],
  ...['Artistic-1.0', 'Artistic-2.0', 'Beerware', 'BlueOak-1.0.0', 'BSD-1-Clause'],
  ...['BSD-2-Clause', 'BSD-2-Clause-Patent', 'BSD-3-Clause', 'BSD-3-Clause-Clear'],
  ...['BSD-3-Clause-LBNL', 'BSD-4-Clause', 'BSL-1.0', 'BUSL-1.1', 'CAL-1.0', 'CC-BY-3.0'],
  ...['CC-BY-4.0', 'CC-BY-SA-3.0', 'CC-BY-SA-4.0', 'CC0-1.0', 'CDDL-1.0', 'CDDL-1.1'],
  ...['CECILL-2.1', 'CECILL-B', 'CPAL-1.0', 'CPL-1.0', 'curl', 'ECL-2.0', 'EFL-2.0'],
  ...['Elastic-2.0', 'EPL-1.0', 'EPL-2.0', 'EUPL-1.1', 'EUPL-1.2', 'FSL-1.1-ALv2', 'FSL-1.1-MIT'],
  ...['FTL', 'GFDL-1.3-only', 'GFDL-1.3-or-later', 'GPL-2.0', 'GPL-2.0-only'],
  ...['GPL-2.0-or-later', 'GPL-3.0', 'GPL-3.0-only', 'GPL-3.0-or-later', 'HPND', 'ICU', 'IJG'],
  ...['IPA', 'IPL-1.0', 'ISC', 'JSON', 'LGPL-2.0-only', 'LGPL-2.0-or-later', 'LGPL-2.1'],
  ...['LGPL-2.1-only', 'LGPL-2.1-or-later', 'LGPL-3.0', 'LGPL-3.0-only', 'LGPL-3.0-or-later'],
  ...['Libpng', 'libpng-2.0', 'LPL-1.02', 'LPPL-1.3c', 'MIT', 'MIT-0', 'MIT-CMU'],
  ...['MIT-Modern-Variant', 'MPL-1.1', 'MPL-2.0', 'MPL-2.0-no-copyleft-exception', 'MS-PL'],
  ...['MS-RL', 'MulanPSL-2.0', 'NCSA', 'NTP', 'OFL-1.1', 'OLDAP-2.8', 'OpenSSL', 'OSL-3.0'],
  ...['PHP-3.01', 'PolyForm-Noncommercial-1.0.0', 'PostgreSQL', 'PSF-2.0', 'Python-2.0', 'QPL-1.0'],
  ...['Ruby', 'SISSL', 'Sleepycat', 'SSPL-1.0', 'TCL', 'Unicode-3.0', 'Unicode-DFS-2016'],
  ...['Unlicense', 'UPL-1.0', 'Vim', 'W3C', 'WTFPL', 'X11', 'Xnet', 'Zend-2.0', 'Zlib'],
  ...['zlib-acknowledgement', 'ZPL-2.1'],
  ...['Autoconf-exception-3.0', 'Bison-exception-2.2', 'Classpath-exception-2.0'],
  ...['Font-exception-2.0', 'GCC-exception-3.1', 'LLVM-exception', 'OpenSSL-exception'],
]);

/** The ids of an expression that are not known here. `LicenseRef-` ones are the author's own. */
export function findUnknownLicences(expression: string): readonly string[] {
  const ids = readLicence(expression) ?? [expression];
  return ids.filter((id) => !KNOWN.has(id));
}
