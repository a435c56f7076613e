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
 * The module's start function, present if it declared one. It does not run at instantiation: set
 * the fuel, then call this export before any other.
 */
export const START_EXPORT = '__sallyport_start';
