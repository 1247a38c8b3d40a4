// Layer: node. Which addresses are never connected to, whatever name led there: a name that the configuration allows may
// be made to resolve to this machine, or to the address where a cloud hands out its secrets.

import { BlockList, isIP, isIPv4 } from 'node:net'

/** Whether this machine itself may be asked. */
export type Loopback = 'refuse' | 'allow'

/** Finds the addresses of a name: what of Node's `dns.lookup` is used here. */
export type Lookup = (
  hostname: string,
  options: { readonly all?: boolean | undefined },
  callback: (error: Error | null, found: string | FoundAddress[], family?: number) => void,
) => void

/** An address, and whether it is of IPv4 or IPv6. */
export interface FoundAddress {
  address: string
  family: number
}

// RFC 6890 and RFC 4291: this network, link-local, multicast and reserved; the metadata addresses of clouds that are
// not link-local.
const NEVER_IPV4 = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.192', 32],
  ['100.100.100.200', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const
const NEVER_IPV6 = [
  ['::', 128],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
] as const

const never = new BlockList()
const loopback = new BlockList()
for (const [network, prefix] of NEVER_IPV4) block(never, network, prefix)
for (const [network, prefix] of NEVER_IPV6) never.addSubnet(network, prefix, 'ipv6')
block(loopback, '127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

// The forms of IPv6 that carry an IPv4 address: compatible and mapped (RFC 4291 §2.5.5), translated (RFC 6052 §2.1, RFC
// 8215), 6to4 (RFC 3056).
function block(list: BlockList, network: string, prefix: number): void {
  list.addSubnet(network, prefix, 'ipv4')
  for (const before of ['::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::']) {
    // The unspecified address and loopback of IPv6 lie within ::/104, and stand for themselves.
    list.addSubnet(`${before}${network}`, 96 + prefix, 'ipv6')
  }
  const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number)
  list.addSubnet(`2002:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}::`, 16 + prefix, 'ipv6')
}

/** Why an address must not be connected to; undefined where it may. */
export function addressProblem(address: string, allowance: Loopback): string | undefined {
  // A zone says which interface, not which address.
  const [bare = ''] = address.split('%')
  if (isIP(bare) === 0) return `${address} is no address`
  const family = isIPv4(bare) ? 'ipv4' : 'ipv6'
  if (loopback.check(bare, family))
    return allowance === 'allow' ? undefined : `${address} is this machine's own address`
  if (never.check(bare, family)) return `${address} is an address that is never asked`
  return undefined
}

/** The host of a URL where it is an address itself; such a host is not looked up. */
export function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/u, '$1')
  return isIP(bare) === 0 ? undefined : bare
}

/** A look-up of names that fails where any address found must not be connected to. */
export function checkedLookup(lookup: Lookup, allowance: Loopback): Lookup {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error !== null) return callback(error, [])
      const addresses =
        typeof found === 'string' ? [{ address: found, family: family ?? isIP(found) }] : found
      const problems = addresses.map(({ address }) => addressProblem(address, allowance))
      const problem = problems.find((text) => text !== undefined)
      if (problem !== undefined) return callback(new AddressError(`${hostname}: ${problem}`), [])
      const [first] = addresses
      if (first === undefined) return callback(new AddressError(`${hostname}: has no address`), [])
      if (options.all === true) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}

/** An address that is not connected to; its message is for people. */
export class AddressError extends Error {
  override readonly name: string = 'AddressError'
}
