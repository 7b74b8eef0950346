import { BlockList, isIPv4 } from 'node:net';

/** Where an IP address leads: `refused` is never called, `private` and `loopback` only where the user allows it. */
export type AddressKind = 'public' | 'private' | 'loopback' | 'refused';

/** Link-local, the metadata services of clouds, unspecified, multicast and broadcast: no receiver is ever there. */
const REFUSED: readonly string[] = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  'fe80::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  'ff00::/8',
];
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];
/** Networks of one's own, and ranges that are not routed or lead elsewhere (tunnels). */
const PRIVATE: readonly string[] = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '240.0.0.0/4',
  'fc00::/7',
  'fec0::/10',
  '64:ff9b:1::/48',
  '2001::/32',
  '2002::/16',
];

const refused = listOf(REFUSED);
const loopback = listOf(LOOPBACK);
const own = listOf(PRIVATE);

/** Where an IP address leads. An IPv4 address inside an IPv6 one (mapped, compatible, NAT64) is judged as itself. */
export function addressKind(address: string): AddressKind {
  const plain = address.split('%')[0]!;
  const ip = isIPv4(plain) ? plain : (embeddedIPv4(plain) ?? plain);
  const family = isIPv4(ip) ? 'ipv4' : 'ipv6';
  if (refused.check(ip, family)) return 'refused';
  if (loopback.check(ip, family)) return 'loopback';
  return own.check(ip, family) ? 'private' : 'public';
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address, bits] = range.split('/') as [string, string];
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** The IPv4 address in ::ffff:a.b.c.d, ::a.b.c.d or 64:ff9b::a.b.c.d; null in any other, and in ::, ::1. */
function embeddedIPv4(address: string): string | null {
  const groups = groupsOf(address);
  const head = groups.slice(0, 6).join(':');
  const embeds =
    head === '0:0:0:0:0:ffff' || head === '64:ff9b:0:0:0:0' || (head === '0:0:0:0:0:0' && groups[6] !== '0');
  if (!embeds) return null;
  const [high, low] = groups.slice(6).map((group) => Number.parseInt(group, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of an IPv6 address in hex without leading zeros. */
function groupsOf(address: string): string[] {
  // URL writes an address the one canonical way, dotted quads included.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [before, after] = canonical.split('::') as [string, string | undefined];
  const left = before === '' ? [] : before.split(':');
  if (after === undefined) return left;
  const right = after === '' ? [] : after.split(':');
  return [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right];
}
