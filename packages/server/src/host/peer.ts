// Server: who is at the other end of a connection. The certificates are those of the handshake, in which possession of the
// key was proved; whether anybody trusts them is not asked here.

import type { Socket } from 'node:net'
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { Peer } from '../service.ts'

// LIMIT: paths of more than eight certificates are refused later; a chain can also point to itself.
const MAX_CERTIFICATES = 10

/** A function that tells the peer of a socket, found out once for each connection. */
export function createPeers(clientCertificates: 'request' | 'off'): (socket: Socket) => Peer {
  const peers = new WeakMap<Socket, Peer>()
  return (socket) => {
    const known = peers.get(socket)
    if (known !== undefined) return known
    const address = socket.remoteAddress ?? ''
    const certificates =
      clientCertificates === 'request' && socket instanceof TLSSocket ? chainOf(socket) : []
    const peer: Peer = Object.freeze(certificates.length === 0 ? { address } : { address, certificates })
    peers.set(socket, peer)
    return peer
  }
}

/** The chain of the handshake as DER, leaf first; empty where no certificate was shown. */
export function chainOf(socket: Pick<TLSSocket, 'getPeerCertificate'>): readonly Uint8Array[] {
  const chain: Uint8Array[] = []
  // An empty object where there is none.
  let certificate: Partial<DetailedPeerCertificate> | null | undefined = socket.getPeerCertificate(true)
  while (certificate?.raw !== undefined && chain.length < MAX_CERTIFICATES) {
    const { raw, issuerCertificate }: Partial<DetailedPeerCertificate> = certificate
    chain.push(raw)
    // A self-signed certificate is its own issuer.
    certificate = issuerCertificate === certificate ? undefined : issuerCertificate
  }
  return Object.freeze(chain)
}
