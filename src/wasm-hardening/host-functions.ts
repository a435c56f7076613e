/**
 * The host functions that the Wasm tier offers, by name.
 *
 * The application binary interface is that of Extism 1.x core modules with storage functions of our
 * own, plus WASI preview 1, plus the one function that AssemblyScript asks for. This list only says what a module may *import*:
 * whether a call is granted is decided when it is made. A name that is not listed is refused,
 * even where an engine would let an unused import pass.
 *
 * @module
 */

/** Extism's kernel, without the functions that only a host may call (`reset`, `input_set`, …). */
const EXTISM_KERNEL: ReadonlySet<string> = new Set([
  ...['alloc', 'free', 'length', 'length_unsafe'],
  ...['load_u8', 'load_u64', 'store_u8', 'store_u64'],
  ...['input_offset', 'input_length', 'input_load_u8', 'input_load_u64'],
  ...['output_set', 'error_set', 'error_get'],
  ...['config_get', 'var_get', 'var_set'],
  ...['http_request', 'http_status_code', 'http_headers'],
  ...['log_trace', 'log_debug', 'log_info', 'log_warn', 'log_error', 'get_log_level'],
]);

/** Every function of WASI preview 1. Most of them answer "not capable" here. */
const WASI_PREVIEW_1: ReadonlySet<string> = new Set([
  ...['args_get', 'args_sizes_get', 'environ_get', 'environ_sizes_get'],
  ...['clock_res_get', 'clock_time_get', 'random_get', 'sched_yield', 'poll_oneoff'],
  ...['proc_exit', 'proc_raise'],
  ...['fd_advise', 'fd_allocate', 'fd_close', 'fd_datasync', 'fd_sync'],
  ...['fd_fdstat_get', 'fd_fdstat_set_flags', 'fd_fdstat_set_rights'],
  ...['fd_filestat_get', 'fd_filestat_set_size', 'fd_filestat_set_times'],
  ...['fd_pread', 'fd_pwrite', 'fd_read', 'fd_write', 'fd_readdir'],
  ...['fd_prestat_get', 'fd_prestat_dir_name', 'fd_renumber', 'fd_seek', 'fd_tell'],
  ...['path_create_directory', 'path_remove_directory', 'path_unlink_file', 'path_rename'],
  ...['path_filestat_get', 'path_filestat_set_times', 'path_link', 'path_symlink'],
  ...['path_open', 'path_readlink'],
  ...['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown'],
]);

/** Extism's namespace for functions of a host's own making: here the storage of plugins. */
const EXTISM_USER: ReadonlySet<string> = new Set([
  ...['kv_get', 'kv_list', 'kv_set', 'kv_add', 'kv_delete'],
]);

/** Whether the Wasm tier knows a function of this name. */
export function isHostFunction(moduleName: string, functionName: string): boolean {
  switch (moduleName) {
    case 'extism:host/env':
      return EXTISM_KERNEL.has(functionName);
    case 'extism:host/user':
      return EXTISM_USER.has(functionName);
    case 'wasi_snapshot_preview1':
      return WASI_PREVIEW_1.has(functionName);
    case 'env':
      return functionName === 'abort';
    default:
      return false;
  }
}
