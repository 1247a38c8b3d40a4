// Layer: x509. Instants of parsed objects. A Date can be changed by whoever holds it, so none is kept.

/** The fields and, as Dates, the instants, frozen; each look at an instant makes a Date of its own. */
export function withInstants<F extends object, I extends Instants<I>>(
  fields: F,
  instants: I,
): Readonly<F & { [K in keyof I]: Date }>
export function withInstants(fields: object, instants: Readonly<Record<string, number>>): object {
  const whole = { ...fields }
  for (const [name, milliseconds] of Object.entries(instants))
    Object.defineProperty(whole, name, { enumerable: true, get: () => new Date(milliseconds) })
  return Object.freeze(whole)
}

/** Milliseconds since 1970 UTC, by name. */
type Instants<I> = { readonly [K in keyof I]: number }
