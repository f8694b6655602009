/** The one thing we need of OpenSSL's serialised sessions: the secret that tells one from another. */

const sequence = 0x30;
const integer = 0x02;
const octetString = 0x04;

/**
 * The master key of a DER `SSL_SESSION`, which under TLS 1.3 is the resumption secret of the last ticket that was
 * sent; `undefined` before a ticket was sent, and for bytes that are no session. Fields in front of it
 * (`SSL_SESSION_ASN1` of OpenSSL): versions of structure and protocol, cipher, session id.
 */
export function masterKeyOf(der: Uint8Array): Uint8Array | undefined {
  const outer = valueAt(der, 0, sequence);
  if (outer === undefined) return undefined;
  let at = outer.start;
  for (const tag of [integer, integer, octetString, octetString]) {
    const field = valueAt(der, at, tag);
    if (field === undefined) return undefined;
    at = field.end;
  }
  const key = valueAt(der, at, octetString);
  if (key === undefined || key.end > outer.end || key.end === key.start) return undefined;
  return der.subarray(key.start, key.end);
}

/** Where the value with this tag at `at` starts and ends. Lengths of at most two bytes: sessions are small. */
function valueAt(
  der: Uint8Array,
  at: number,
  tag: number,
): { readonly start: number; readonly end: number } | undefined {
  const [found, first = 0x80, second = 0, third = 0] = der.subarray(at, at + 4);
  if (found !== tag) return undefined;
  const [length, lengthBytes] =
    first < 0x80 ? [first, 1] : first === 0x81 ? [second, 2] : first === 0x82 ? [second * 256 + third, 3] : [-1, 0];
  const start = at + 1 + lengthBytes;
  return length < 0 || start + length > der.length ? undefined : { start, end: start + length };
}
