/** Every function that a module may import is there, and no other. */

import { describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../../src/tiers/wasm/bundled-plugins.ts';
import type { Guest } from '../../../src/tiers/wasm/isolate/guest.ts';
import { groupsOf, waitsForHost } from '../../../src/tiers/wasm/isolate/host-groups.ts';
import type { HostRun } from '../../../src/tiers/wasm/isolate/host-run.ts';
import { RunLog } from '../../../src/tiers/wasm/isolate/run-log.ts';
import { hostFunctionType } from '../../../src/wasm-hardening/host-functions.ts';
import { job } from '../support/fixtures.ts';
import { ScriptedHost } from '../support/scripted-host.ts';

/** By the modules that they are imported from; of Extism those that a plugin may call. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  'extism:host/env': `alloc free length length_unsafe load_u8 load_u64 store_u8 store_u64
    input_offset input_length input_load_u8 input_load_u64 output_set error_set error_get
    config_get var_get var_set http_request http_status_code http_headers
    log_trace log_debug log_info log_warn log_error get_log_level`,
  'extism:host/user': 'kv_get kv_list kv_set kv_add kv_delete',
  wasi_snapshot_preview1: `args_get args_sizes_get environ_get environ_sizes_get clock_res_get
    clock_time_get fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags
    fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread
    fd_prestat_get fd_prestat_dir_name fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync
    fd_tell fd_write path_create_directory path_filestat_get path_filestat_set_times path_link
    path_open path_readlink path_remove_directory path_rename path_symlink path_unlink_file
    poll_oneoff proc_exit proc_raise sched_yield random_get sock_accept sock_recv sock_send
    sock_shutdown`,
  env: 'abort',
};

const namesOf = (module: string) => (FUNCTIONS[module] ?? '').split(/\s+/);

/** The functions need a kernel only for its exports, whose names are what is looked at. */
function provided(module: string): readonly string[] {
  const kernel = new Proxy({}, { get: () => () => 0 });
  const run: HostRun = {
    guest: { kernel } as unknown as Guest,
    job: { ...job('run'), input: new Uint8Array(), host: new ScriptedHost() },
    ...{ abi: 'extism-1', log: new RunLog(), logged: () => undefined },
  };
  const imports = namesOf(module).map((name) => ({ module, name }));
  return groupsOf(imports).flatMap(({ provide }) => Object.keys(PROVIDERS[provide](run)));
}

describe.each(Object.keys(FUNCTIONS))('%s', (module) => {
  test('offers every function that may be imported, and no other', () => {
    expect(provided(module).toSorted()).toEqual(namesOf(module).toSorted());
    for (const name of namesOf(module)) expect(hostFunctionType(module, name)).toBeDefined();
  });
});

describe('imports', () => {
  test.each([
    ['extism:host/env', 'input_set'],
    ['extism:host/env', 'output_length'],
    ['extism:host/env', 'reset'],
    ['extism:host/env', 'alloc_refused'],
    ['wasi_snapshot_preview1', 'sock_open'],
    ['wasi_snapshot_preview1', 'thread_spawn'],
    ['wasi_snapshot_preview1', '__proto__'],
    ['wasi_unstable', 'fd_write'],
    ['env', 'extism_alloc'],
  ])('of %s %s are refused', (module, name) => {
    expect(hostFunctionType(module, name)).toBeUndefined();
  });

  test('bring in no more groups than they need', () => {
    expect(groupsOf([{ module: 'wasi_snapshot_preview1', name: 'fd_write' }])).toHaveLength(1);
    const plain = groupsOf([{ module: 'extism:host/env', name: 'alloc' }]);
    expect(waitsForHost(plain)).toBe(false);
    const asking = groupsOf([{ module: 'extism:host/env', name: 'http_request' }]);
    expect(waitsForHost(asking)).toBe(true);
  });
});
