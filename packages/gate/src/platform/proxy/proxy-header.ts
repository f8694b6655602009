/**
 * The PROXY protocol, version 2 (haproxy.org, "The PROXY protocol", 2020/03/05): who is behind the proxy that
 * connects. Read only from proxies that the operator listed. Strict and total.
 */

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const headerBytes = 16;
/** What a header may take with its addresses and additions: the largest pair of addresses (216), and room for additions. */
export const proxyHeaderBytesMax = 536;

export type ProxyReading =
  | "incomplete"
  /** The bytes do not start a header of version 2. */
  | "absent"
  /** They start one and break its rules. */
  | "junk"
  /** `bytes`: length of the header. `address` is absent when the proxy speaks for itself (health checks), or of no IP. */
  | { readonly bytes: number; readonly address?: string };

/** Reads everything that a connection has sent so far. */
export function readProxyHeader(bytes: Buffer): ProxyReading {
  const compared = Math.min(bytes.length, signature.length);
  if (signature.compare(bytes, 0, compared, 0, compared) !== 0) return "absent";
  const [versionAndCommand, family] = bytes.subarray(signature.length, headerBytes);
  if (versionAndCommand !== undefined && versionAndCommand !== 0x20 && versionAndCommand !== 0x21) return "junk";
  if (family === undefined || bytes.length < headerBytes) return "incomplete";
  const length = headerBytes + bytes.readUInt16BE(headerBytes - 2);
  if (length > proxyHeaderBytesMax) return "junk";
  if (bytes.length < length) return "incomplete";
  // LOCAL: the connection is the proxy's own, and what stands behind the header's fixed part means nothing.
  if (versionAndCommand === 0x20) return { bytes: length };
  return addressed(bytes.subarray(headerBytes, length), family, length);
}

/** Additions (TLVs) stand behind the addresses; we need none of them, and skip them. */
function addressed(content: Buffer, family: number, bytes: number): ProxyReading {
  switch (family) {
    case 0x11:
      return content.length < 12 ? "junk" : { bytes, address: content.subarray(0, 4).join(".") };
    case 0x21:
      return content.length < 36 ? "junk" : { bytes, address: ipv6Of(content.subarray(0, 16)) };
    case 0x00:
      return { bytes };
    default:
      // Datagrams and Unix sockets: no proxy of ours sends these.
      return "junk";
  }
}

function ipv6Of(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return groups.join(":");
}
