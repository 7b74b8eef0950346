import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { addressKind } from './address-check.ts';

/** An address that was checked, as a connection wants it. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The host is at an address that must not be called. */
export class AddressRefused extends Error {}

/** Gives the addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly CheckedAddress[]>;

/** Asks the system, names in /etc/hosts included. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address, family }) => ({
    address,
    family: family === 6 ? 6 : 4,
  }));

/**
 * Resolves the host of a URL once and checks every address: the connection then goes to one of them, so that a name
 * cannot be checked at one address and called at another. A receiver that the URL itself places on this machine
 * (localhost, 127.x.x.x, [::1]) may be there; any other private or loopback address only with `allowPrivate`, link-local
 * and metadata addresses never. Rejects with AddressRefused, or with what the resolver says.
 */
export async function checkedAddresses(
  url: URL,
  allowPrivate: boolean,
  resolve: Resolve,
): Promise<readonly CheckedAddress[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family: family as 4 | 6 }];
  if (addresses.length === 0) throw new AddressRefused(`${host} has no address`);
  const here = host.toLowerCase() === 'localhost' || (family !== 0 && addressKind(host) === 'loopback');
  for (const { address } of addresses) {
    const kind = addressKind(address);
    const at = address === host ? host : `${host} is at ${address}, which`;
    if (kind === 'refused')
      throw new AddressRefused(`${at} is a link-local, metadata or other address that is never called`);
    if (kind === 'public' || allowPrivate || (here && kind === 'loopback')) continue;
    throw new AddressRefused(
      `${at} is a ${kind} address; say allow_private: true in the channel if the receiver is meant to be there`,
    );
  }
  return addresses;
}
