// Server: JSON as the store and the audit log hold it.

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** A JSON object. */
export type JsonRecord = { readonly [name: string]: Json }
