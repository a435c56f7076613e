/**
 * Names under which a hardened module exports what the host needs. A module that already exports
 * such a name is refused.
 *
 * @module
 */

export const RESERVED_PREFIX = '__sallyport_';

/**
 * The fuel left: a mutable `i64` global, 0 in a new instance. Set it before every call into the
 * module. Once it is negative the module has trapped because its budget ran out.
 */
export const FUEL_EXPORT = '__sallyport_fuel';

/**
 * A mutable `i32` global: 1 while the last `memory.grow` of the module asked for more than there
 * can be. An allocator that is refused traps a moment later, and this tells why. Absent from a
 * module without memory.
 */
export const GROW_REFUSED_EXPORT = '__sallyport_grow_refused';

/**
 * The module's start function, present if it declared one. It does not run at instantiation: set
 * the fuel, then call this export before any other.
 */
export const START_EXPORT = '__sallyport_start';

/**
 * The module's memory, whatever name the module itself exports it by, if any: so a host can tell
 * how large it has become. Absent from a module without memory.
 */
export const MEMORY_EXPORT = '__sallyport_memory';
