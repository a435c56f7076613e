/**
 * `plugin sign`: vouches for a manifest and its module, if it has one.
 *
 * @module
 */

import { dirname } from 'node:path';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT } from '../exit-code.ts';
import { manifestBeside } from '../plugin/find-files.ts';
import { readPluginFiles, readUpload, type UploadFiles } from '../plugin/plugin-files.ts';
import { signaturePath, signPlugin, writeSignature } from '../plugin/signature-file.ts';
import { readSigningKey } from '../plugin/signing-key.ts';

const BESIDE_HASHED_FILES = 'Keep it off the machine: there all files of the folder are hashed';

export const pluginSign: Command = {
  name: 'plugin sign',
  summary: 'Sign a plugin: its manifest together with its module',
  positionals: ['[folder]'],
  options: {
    key: { value: '<file>', help: 'a key that "plugin keygen" has made; must be given' },
    module: { value: '<file>', help: 'a module, where it is in no folder of its own' },
    manifest: { value: '<plugin.json>', help: 'its manifest; the one beside it unless stated' },
    json: { help: 'the signature as JSON' },
  },
  details: [
    'Writes plugin.sig.json beside the manifest, from where "plugin install" takes it. The signature',
    'holds for these bytes of the module and for the manifest as a value: sign again after a build.',
  ],
  run: async (invocation, terminal) => {
    const keyFile = invocation.value('key');
    if (keyFile === undefined) throw CommandFailure.usage('Cannot sign: --key must be given');
    const plugin = readSigned(invocation);
    const signature = signPlugin(plugin, readSigningKey(keyFile));
    const path = signaturePath(plugin.manifest.path);
    writeSignature(path, signature);
    if (invocation.has('json')) terminal.json(signature);
    else {
      const { name, version } = plugin.manifest.manifest;
      terminal.line(`Signed ${name} ${version} with "${signature.keyId}" in ${path}`, 'good');
      terminal.line(`  manifest ${signature.manifestSha256}`);
      terminal.line(`  code     ${signature.codeSha256}`);
      if (plugin.module === undefined) terminal.line(BESIDE_HASHED_FILES, 'quiet');
    }
    return EXIT.ok;
  },
};

function readSigned(invocation: Invocation): UploadFiles {
  const [folder] = invocation.positionals;
  const modulePath = invocation.value('module');
  if ((folder === undefined) === (modulePath === undefined)) {
    throw CommandFailure.usage('Cannot sign: either a folder or --module must be given');
  }
  if (modulePath === undefined) return readUpload(folder ?? '');
  const path = invocation.value('manifest') ?? manifestBeside(modulePath);
  if (path !== undefined) return readPluginFiles(path, modulePath);
  throw CommandFailure.usage(
    `Cannot sign: no manifest is in "${dirname(modulePath)}", so --manifest must name it`,
  );
}
