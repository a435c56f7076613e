/**
 * The host functions that the Wasm tier offers, by name and type.
 *
 * The application binary interface is that of Extism 1.x core modules with storage functions of our
 * own, plus WASI preview 1, plus the one function that AssemblyScript asks for. This list only says
 * what a module may *import*: whether a call is granted is decided when it is made. What is not
 * listed is refused, even where an engine would let an unused import pass; so is a function under
 * another type, since what it would be handed is not what it reads.
 *
 * @module
 */

/** Names by the type that all of them have. */
type Functions = Readonly<Record<string, readonly string[]>>;

/** Extism's kernel, without the functions that only a host may call (`reset`, `input_set`, …). */
const EXTISM_KERNEL: Functions = {
  '()->(i32)': ['http_status_code', 'get_log_level'],
  '()->(i64)': ['input_offset', 'input_length', 'error_get', 'http_headers'],
  '(i64)->()': [
    ...['free', 'error_set'],
    ...['log_trace', 'log_debug', 'log_info', 'log_warn', 'log_error'],
  ],
  '(i64)->(i32)': ['load_u8', 'input_load_u8'],
  '(i64)->(i64)': [
    ...['alloc', 'length', 'length_unsafe', 'load_u64', 'input_load_u64'],
    ...['config_get', 'var_get'],
  ],
  '(i64,i32)->()': ['store_u8'],
  '(i64,i64)->()': ['store_u64', 'output_set', 'var_set'],
  '(i64,i64)->(i64)': ['http_request'],
};

/** Extism's namespace for functions of a host's own making: here the storage of plugins. */
const EXTISM_USER: Functions = {
  '(i64)->(i64)': ['kv_get', 'kv_delete'],
  '(i64,i64)->(i64)': ['kv_set', 'kv_add'],
  '(i64,i64,i64)->(i64)': ['kv_list'],
};

/** Every function of WASI preview 1. Most of them answer "not capable" here. */
const WASI_PREVIEW_1: Functions = {
  '(i32)->()': ['proc_exit'],
  '()->(i32)': ['sched_yield'],
  '(i32)->(i32)': ['proc_raise', 'fd_close', 'fd_datasync', 'fd_sync'],
  '(i32,i32)->(i32)': [
    ...['args_get', 'args_sizes_get', 'environ_get', 'environ_sizes_get'],
    ...['clock_res_get', 'random_get', 'fd_fdstat_get', 'fd_fdstat_set_flags'],
    ...['fd_filestat_get', 'fd_prestat_get', 'fd_renumber', 'fd_tell', 'sock_shutdown'],
  ],
  '(i32,i64)->(i32)': ['fd_filestat_set_size'],
  '(i32,i32,i32)->(i32)': [
    ...['fd_prestat_dir_name', 'sock_accept'],
    ...['path_create_directory', 'path_remove_directory', 'path_unlink_file'],
  ],
  '(i32,i64,i32)->(i32)': ['clock_time_get'],
  '(i32,i64,i64)->(i32)': ['fd_allocate', 'fd_fdstat_set_rights'],
  '(i32,i32,i32,i32)->(i32)': ['fd_read', 'fd_write', 'poll_oneoff'],
  '(i32,i64,i32,i32)->(i32)': ['fd_seek'],
  '(i32,i64,i64,i32)->(i32)': ['fd_advise', 'fd_filestat_set_times'],
  '(i32,i32,i32,i32,i32)->(i32)': ['path_filestat_get', 'path_symlink', 'sock_send'],
  '(i32,i32,i32,i64,i32)->(i32)': ['fd_pread', 'fd_pwrite', 'fd_readdir'],
  '(i32,i32,i32,i32,i32,i32)->(i32)': ['path_readlink', 'path_rename', 'sock_recv'],
  '(i32,i32,i32,i32,i32,i32,i32)->(i32)': ['path_link'],
  '(i32,i32,i32,i32,i64,i64,i32)->(i32)': ['path_filestat_set_times'],
  '(i32,i32,i32,i32,i32,i64,i64,i32,i32)->(i32)': ['path_open'],
};

const ASSEMBLYSCRIPT: Functions = { '(i32,i32,i32,i32)->()': ['abort'] };

const TYPES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['extism:host/env', byName(EXTISM_KERNEL)],
  ['extism:host/user', byName(EXTISM_USER)],
  ['wasi_snapshot_preview1', byName(WASI_PREVIEW_1)],
  ['env', byName(ASSEMBLYSCRIPT)],
]);

function byName(functions: Functions): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(functions).flatMap(([type, names]) => names.map((name) => [name, type])),
  );
}

/** The type, as `(i64)->(i64)`, of the function that the tier has under this name, if any. */
export function hostFunctionType(moduleName: string, functionName: string): string | undefined {
  return TYPES.get(moduleName)?.get(functionName);
}
