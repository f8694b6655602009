import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { capturedHellos } from "../testing/hellos.ts";
import { readClientHello } from "./client-hello.ts";

const bytesMax = 4_096;
const read = (bytes: Buffer) => readClientHello(bytes, bytesMax);

/** The same handshake message in records of other sizes. */
function resplit(hello: Buffer, sizes: readonly number[]): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < message.length; index++) {
    const size = sizes[index] ?? message.length;
    const fragment = message.subarray(at, at + size);
    const header = Buffer.from([22, 3, 1, fragment.length >> 8, fragment.length & 0xff]);
    records.push(header, fragment);
    at += fragment.length;
  }
  return Buffer.concat(records);
}

const vector = (width: 1 | 2, bytes: Buffer) => {
  const length = Buffer.alloc(width);
  length.writeUIntBE(bytes.length, 0, width);
  return Buffer.concat([length, bytes]);
};

/** A hello with these extensions. */
function helloWith(extensions: Buffer): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32)),
    vector(2, Buffer.from([0x13, 1])),
    vector(1, Buffer.from([0])),
    vector(2, extensions),
  ]);
  const message = Buffer.concat([Buffer.from([1, 0, body.length >> 8, body.length & 0xff]), body]);
  return Buffer.concat([Buffer.from([22, 3, 1, message.length >> 8, message.length & 0xff]), message]);
}

const extension = (type: number, content: Buffer) => Buffer.concat([Buffer.from([0, type]), vector(2, content)]);

function preSharedKeys(identities: readonly Buffer[], binders = identities.map(() => Buffer.alloc(32))): Buffer {
  const listed = identities.map((identity) => Buffer.concat([vector(2, identity), Buffer.alloc(4)]));
  const proofs = binders.map((binder) => vector(1, binder));
  return extension(41, Buffer.concat([vector(2, Buffer.concat(listed)), vector(2, Buffer.concat(proofs))]));
}

describe("a ClientHello", () => {
  for (const [name, hello] of Object.entries(capturedHellos)) {
    it(`of ${name} is read`, () => {
      assert.deepEqual(read(hello), { identities: [] });
    });
  }

  it("of browsers takes more than one segment of a network", () => {
    assert.ok(capturedHellos.chromium.length > 1_460);
    assert.ok(capturedHellos.firefox.length > 1_460);
  });

  it("is incomplete until its last byte, however it is split into records", () => {
    const hellos = fc.constantFrom(...Object.values(capturedHellos));
    const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 12 });
    fc.assert(
      fc.property(
        hellos,
        sizes,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (hello, split, part) => {
          const bytes = resplit(hello, split);
          assert.deepEqual(read(bytes), { identities: [] });
          assert.equal(read(bytes.subarray(0, Math.floor(part * bytes.length))), "incomplete");
        },
      ),
    );
  });

  it("shows the identities of its pre-shared keys", () => {
    const identities = [Buffer.alloc(240, 1), Buffer.alloc(64, 2)];
    const other = extension(0, Buffer.from("name"));
    assert.deepEqual(read(helloWith(Buffer.concat([other, preSharedKeys(identities)]))), { identities });
  });

  it("is junk when its pre-shared keys break their rules", () => {
    const [one, other] = [Buffer.alloc(64, 1), extension(0, Buffer.from("name"))];
    const broken = {
      "not last": Buffer.concat([preSharedKeys([one]), other]),
      "no identity": preSharedKeys([]),
      "empty identity": preSharedKeys([Buffer.alloc(0)]),
      "fewer binders": preSharedKeys([one, one], [Buffer.alloc(32)]),
      "more binders": preSharedKeys([one], [Buffer.alloc(32), Buffer.alloc(32)]),
      "short binder": preSharedKeys([one], [Buffer.alloc(31)]),
      "bytes left over": extension(41, Buffer.concat([preSharedKeys([one]).subarray(4), Buffer.alloc(1)])),
    };
    for (const [name, extensions] of Object.entries(broken)) assert.equal(read(helloWith(extensions)), "junk", name);
  });

  it("is junk from the first byte that is none of its", () => {
    for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\r\n\r\n\0\r\nQUIT\n", "\x15\x03\x01\x00\x02", "\x16\x02"]) {
      assert.equal(read(Buffer.from(bytes, "latin1")), "junk", bytes);
    }
    assert.equal(read(Buffer.from([22, 3, 1, 0, 0])), "junk", "an empty record");
    assert.equal(read(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), "junk", "another handshake message");
    const withMore = Buffer.from(capturedHellos.openssl);
    withMore.writeUInt16BE(withMore.readUInt16BE(3) + 1, 3);
    assert.equal(read(Buffer.concat([withMore, Buffer.alloc(1)])), "junk", "something behind it in its record");
    assert.equal(read(Buffer.concat([capturedHellos.openssl, Buffer.from("behind")])) instanceof Object, true);
  });

  it("is too long above the limit, as soon as it says so", () => {
    assert.equal(read(Buffer.from([22, 3, 1, 0x3f, 0xff])), "too-long");
    assert.equal(read(Buffer.from([22, 3, 1, 0x00, 0x04, 1, 0, 0x40, 0])), "too-long");
    const drip = resplit(
      Buffer.concat([Buffer.alloc(5), Buffer.from([1, 0, 0x0f, 0]), Buffer.alloc(0xf00)]),
      Array<number>(4_000).fill(1),
    );
    assert.equal(read(drip), "too-long");
  });

  it("never throws, and says nothing of bytes that were not given", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        read(Buffer.from(bytes));
      }),
    );
    const hellos = fc.constantFrom(...Object.values(capturedHellos), helloWith(preSharedKeys([Buffer.alloc(64)])));
    const changes = fc.array(fc.tuple(fc.nat(4_000), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(hellos, changes, (hello, changed) => {
        const bytes = Buffer.from(hello);
        for (const [at, value] of changed) bytes[at % bytes.length] = value;
        const reading = read(bytes);
        if (typeof reading === "object") for (const { length } of reading.identities) assert.ok(length > 0);
      }),
    );
  });
});
