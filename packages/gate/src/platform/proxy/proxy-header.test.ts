import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { proxyHeaderBytesMax, readProxyHeader } from "./proxy-header.ts";

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

function header(command: number, family: number, content: Buffer): Buffer {
  const length = [content.length >> 8, content.length & 0xff];
  return Buffer.concat([signature, Buffer.from([command, family, ...length]), content]);
}

const ipv4 = Buffer.from([198, 51, 100, 7, 192, 0, 2, 1, 0x12, 0x34, 0, 80]);
const ipv6 = Buffer.concat([Buffer.from("20010db8000000000000000000000001", "hex"), Buffer.alloc(20)]);
const additions = Buffer.from([3, 0, 4, 1, 2, 3, 4]);

describe("a PROXY header", () => {
  it("names who is behind the proxy, and its own length", () => {
    assert.deepEqual(readProxyHeader(header(0x21, 0x11, ipv4)), { bytes: 28, address: "198.51.100.7" });
    const long = Buffer.concat([header(0x21, 0x11, Buffer.concat([ipv4, additions])), Buffer.from("behind")]);
    assert.deepEqual(readProxyHeader(long), { bytes: 35, address: "198.51.100.7" });
    assert.deepEqual(readProxyHeader(header(0x21, 0x21, ipv6)), { bytes: 52, address: "2001:db8:0:0:0:0:0:1" });
  });

  it("of the proxy's own connections names nobody", () => {
    assert.deepEqual(readProxyHeader(header(0x20, 0x11, ipv4)), { bytes: 28 });
    assert.deepEqual(readProxyHeader(header(0x20, 0, Buffer.alloc(0))), { bytes: 16 });
    assert.deepEqual(readProxyHeader(header(0x21, 0, additions)), { bytes: 23 });
  });

  it("is incomplete until its last byte", () => {
    const whole = header(0x21, 0x11, Buffer.concat([ipv4, additions]));
    for (let end = 0; end < whole.length; end++) assert.equal(readProxyHeader(whole.subarray(0, end)), "incomplete");
  });

  it("is absent where something else begins, and junk where its rules are broken", () => {
    for (const text of ["GET ", "\x16\x03\x01", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "\r\n\r\n\0\r\nQUIT\r"]) {
      assert.equal(readProxyHeader(Buffer.from(text, "latin1")), "absent", text);
    }
    const broken = {
      version: header(0x11, 0x11, ipv4),
      command: header(0x22, 0x11, ipv4),
      datagrams: header(0x21, 0x12, ipv4),
      "a Unix socket": header(0x21, 0x31, Buffer.alloc(216)),
      "too few addresses": header(0x21, 0x11, ipv4.subarray(1)),
      "too few of IPv6": header(0x21, 0x21, ipv6.subarray(1)),
      "too long": header(0x21, 0x11, Buffer.alloc(proxyHeaderBytesMax - 15)),
    };
    for (const [name, bytes] of Object.entries(broken)) assert.equal(readProxyHeader(bytes), "junk", name);
  });

  it("never throws, and takes no more bytes than there are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
        const bytes = Buffer.concat([signature, tail]);
        const reading = readProxyHeader(bytes);
        if (typeof reading === "object") assert.ok(reading.bytes <= bytes.length);
      }),
    );
  });
});
