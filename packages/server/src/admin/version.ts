// Server: which version this is. A test holds it against the package's own.

/** The version of `@ingam/server`. */
export const VERSION = '0.1.0'
