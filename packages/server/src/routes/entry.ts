// Server: how an endpoint says where it is. The app registers these; no endpoint knows how it is reached.

import type { Endpoint } from '../service.ts'

/** One method of one path. */
export interface RouteEntry {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Begins with a slash; `{name}` and `:name` stand for one segment. */
  readonly path: string
  /** Whose error format it speaks: RFC 6749 §5.2 under `oauth`, RFC 9457 under `admin` and `public`. */
  readonly kind: 'oauth' | 'admin' | 'public'
  readonly endpoint: Endpoint
}
