import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type ErrorCode, errorCodeOf, errorCodes, isFatal, isTransient, ProtocolError } from "./errors.ts";
import {
  decodeReceived,
  decodeReply,
  decodeRequest,
  encodeError,
  encodePush,
  encodeReply,
  encodeRequest,
  errorKind,
  replyKind,
  requestIdOf,
} from "./frames.ts";
import { limits } from "./limits.ts";
import {
  type OperationName,
  operations,
  type PushName,
  type PushOf,
  pushes,
  type ReplyOf,
  type RequestOf,
} from "./operations.ts";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const bytesTo = (length: number) => fc.uint8Array({ maxLength: length });
const listOf = <T>(item: fc.Arbitrary<T>, maxLength = 5) => fc.array(item, { maxLength });
const optionalOf = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const u16 = fc.nat(65_535);
const u32 = fc.nat(2 ** 32 - 1);
const u53 = fc.maxSafeNat();
const [id16, id32] = [bytesOf(16), bytesOf(32)];
const entry = fc.record({ seq: u53, receivedAt: u53, entryId: id16, bytes: bytesTo(200) });
const role = fc.constantFrom("member", "admin");
const auths = { readAuth: id32, writeAuth: id32 };
const nothing = fc.constant({});

/** What each operation may carry; written out so that a changed field order or width fails here. */
const requests: Record<OperationName, fc.Arbitrary<unknown>> = {
  hello: fc.record({ version: u16, agent: fc.string({ maxLength: 16 }) }),
  ping: nothing,
  register: fc.record({ inviteSecret: id16, accountId: id32, signature: bytesOf(64) }),
  authenticate: fc.record({ accountId: id32, signature: bytesOf(64) }),
  create: fc.record({ logId: id16, ...auths, policy: fc.record({ retentionSeconds: u32 }) }),
  append: fc.record({
    logId: id16,
    writeKey: id32,
    entryId: id16,
    ifEpoch: optionalOf(u53),
    next: optionalOf(fc.record(auths)),
    bytes: bytesTo(500),
  }),
  read: fc.record({ logId: id16, readKey: id32, fromSeq: u53, limit: u16 }),
  subscribe: fc.record({ subscriptions: listOf(fc.record({ logId: id16, readKey: id32, fromSeq: u53 })) }),
  unsubscribe: fc.record({ logIds: listOf(id16) }),
  inviteCreate: fc.record({ inviteAuth: id32, revokeAuth: id32, uses: u16, expiresAt: u53, role }),
  inviteStatus: fc.record({ inviteSecret: id16 }),
  inviteRevoke: fc.record({ revokeKey: id32 }),
  claimAuthsPut: fc.record({ auths: listOf(id32) }),
  profilePut: fc.record({ bytes: bytesTo(300) }),
  profileGet: fc.record({ accountId: id32, claimKey: id32 }),
  keyPackagesPublish: fc.record({
    deviceId: id16,
    suite: u16,
    packages: listOf(bytesTo(300)),
    lastResort: optionalOf(bytesTo(300)),
  }),
  keyPackagesCount: fc.record({ deviceId: id16, suite: u16 }),
  keyPackagesClaim: fc.record({ accountId: id32, claimKey: id32, suite: u16 }),
  deviceRemove: fc.record({ deviceId: id16 }),
  blobCreate: fc.record({ blobId: id16, ...auths, size: u53, retentionSeconds: u32 }),
  blobWrite: fc.record({ blobId: id16, writeKey: id32, offset: u53, bytes: bytesTo(500) }),
  blobStat: fc.record({ blobId: id16, key: id32 }),
  blobRead: fc.record({ blobId: id16, readKey: id32, offset: u53, length: u32 }),
  blobDelete: fc.record({ blobId: id16, writeKey: id32 }),
  tokensIssue: fc.record({ deviceId: id16, day: u32, blinded: bytesOf(32 * 256) }),
  tokenKeys: nothing,
};

const replies: Record<OperationName, fc.Arbitrary<unknown>> = {
  hello: fc.record({ version: u16, agent: fc.string({ maxLength: 16 }), challenge: id32, now: u53 }),
  ping: fc.record({ now: u53 }),
  register: fc.record({ role }),
  authenticate: fc.record({ role }),
  create: nothing,
  append: fc.record({ seq: u53, receivedAt: u53 }),
  read: fc.record({ entries: listOf(entry), headSeq: u53, epoch: u53 }),
  subscribe: fc.record({ results: listOf(fc.record({ status: u16, headSeq: u53, epoch: u53 })) }),
  unsubscribe: nothing,
  inviteCreate: nothing,
  inviteStatus: fc.record({ usesLeft: u16, expiresAt: u53 }),
  inviteRevoke: nothing,
  claimAuthsPut: nothing,
  profilePut: nothing,
  profileGet: fc.record({ bytes: bytesTo(300) }),
  keyPackagesPublish: fc.record({ count: u16 }),
  keyPackagesCount: fc.record({ count: u16 }),
  keyPackagesClaim: fc.record({
    packages: listOf(fc.record({ deviceId: id16, isLastResort: fc.boolean(), bytes: bytesTo(300) })),
  }),
  deviceRemove: nothing,
  blobCreate: nothing,
  blobWrite: fc.record({ stored: u53 }),
  blobStat: fc.record({ size: u53, stored: u53 }),
  blobRead: fc.record({ bytes: bytesTo(500) }),
  blobDelete: nothing,
  tokensIssue: fc.record({ signatures: bytesOf(32 * 256) }),
  tokenKeys: fc.record({ today: u32, keys: listOf(fc.record({ day: u32, modulus: bytesOf(256) })) }),
};

const pushBodies: Record<PushName, fc.Arbitrary<unknown>> = {
  entries: fc.record({ logId: id16, entries: listOf(entry) }),
  caughtUp: fc.record({ logId: id16, headSeq: u53 }),
  lapsed: fc.record({ logId: id16, seq: u53 }),
  goodbye: fc.record({ code: u16, retryAfterMs: u32 }),
};

const operationNames = Object.keys(operations) as OperationName[];
const pushNames = Object.keys(pushes) as PushName[];

const encodeAnyRequest = (name: OperationName, id: number, body: unknown) =>
  encodeRequest(name, id, body as RequestOf<OperationName>);
const encodeAnyReply = (name: OperationName, id: number, body: unknown) =>
  encodeReply(name, id, body as ReplyOf<OperationName>);

/** `fc.record` makes objects without a prototype; the codecs make plain ones. */
const plain = (value: unknown) => structuredClone(value);

describe("[WR2] frames", () => {
  for (const name of operationNames) {
    it(`carry ${name}, both ways`, () => {
      fc.assert(
        fc.property(requests[name], replies[name], u32, (request, reply, requestId) => {
          const frame = encodeAnyRequest(name, requestId, request);
          assert.deepEqual([frame[0], requestIdOf(frame)], [operations[name].number, requestId]);
          assert.deepEqual(plain(decodeRequest(frame)), plain({ name, requestId, body: request }));
          const received = decodeReceived(encodeAnyReply(name, requestId, reply));
          assert.ok(received.kind === "reply" && received.requestId === requestId);
          assert.deepEqual(plain(decodeReply(name, received.body)), plain(reply));
        }),
        { numRuns: 30 },
      );
    });
  }

  for (const name of pushNames) {
    it(`carry the push ${name}`, () => {
      fc.assert(
        fc.property(pushBodies[name], (body) => {
          const received = decodeReceived(encodePush(name, body as PushOf<PushName>));
          assert.deepEqual(plain(received), plain({ kind: "push", push: { name, body } }));
        }),
        { numRuns: 30 },
      );
    });
  }

  it("have numbers that are all different and fit their ranges", () => {
    const kinds = operationNames.map((name) => operations[name].number);
    const pushKinds = pushNames.map((name) => pushes[name].number);
    const all = [...kinds, ...pushKinds, replyKind, errorKind];
    assert.equal(new Set(all).size, all.length);
    assert.ok(kinds.every((kind) => kind > 0 && kind < 0x80));
    assert.ok(pushKinds.every((kind) => kind >= 0xc0 && kind <= 0xff));
  });

  it("hold the largest append, entry, blob piece and claim", () => {
    const bytes = new Uint8Array(limits.entryBytesMax);
    const [id, secret] = [new Uint8Array(16), new Uint8Array(32)];
    const next = { readAuth: secret, writeAuth: secret };
    encodeAnyRequest("append", 1, { logId: id, writeKey: secret, entryId: id, ifEpoch: 1, next, bytes });
    const [one] = fc.sample(entry, 1);
    encodeAnyReply("read", 1, { entries: [{ ...one, bytes }], headSeq: 1, epoch: 1 });
    const small = { ...one, bytes: new Uint8Array(limits.entriesBytesPerFrameMax / limits.entriesPerFrameMax) };
    encodeAnyReply("read", 1, {
      entries: Array.from({ length: limits.entriesPerFrameMax }, () => small),
      headSeq: 1,
      epoch: 1,
    });
    encodeAnyRequest("blobWrite", 1, {
      blobId: id,
      writeKey: secret,
      offset: 0,
      bytes: new Uint8Array(limits.blobChunkBytesMax),
    });
    const keyPackage = { deviceId: id, isLastResort: true, bytes: new Uint8Array(limits.keyPackageBytesMax) };
    encodeAnyReply("keyPackagesClaim", 1, {
      packages: Array.from({ length: limits.devicesPerAccountMax }, () => keyPackage),
    });
  });
});

describe("[WR4] decoders are total", () => {
  const isCoded = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      assert.ok(error instanceof ProtocolError && isFatal(error.code), String(error));
    }
  };
  const decodeAll = (frame: Uint8Array) => {
    isCoded(() => decodeRequest(frame));
    isCoded(() => decodeReceived(frame));
    for (const name of operationNames) isCoded(() => decodeReply(name, frame));
    requestIdOf(frame);
  };

  it("for random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), decodeAll), { numRuns: 2_000 });
  });

  it("for every kind before random bytes", () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 120 }), (kind, rest) =>
        decodeAll(Uint8Array.of(kind, ...rest)),
      ),
      { numRuns: 2_000 },
    );
  });

  for (const name of operationNames) {
    it(`for a damaged ${name}`, () => {
      const damage = fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(requests[name], replies[name], damage, fc.nat(), (request, reply, edits, cut) => {
          for (const frame of [encodeAnyRequest(name, 1, request), encodeAnyReply(name, 1, reply)]) {
            const damaged = frame.slice();
            for (const { at, to } of edits) damaged[at % damaged.length] = to;
            decodeAll(damaged);
            decodeAll(frame.subarray(0, cut % frame.length));
            decodeAll(frame.subarray(5));
          }
        }),
        { numRuns: 30 },
      );
    });
  }

  it("for a frame above the limit", () => {
    const frame = new Uint8Array(limits.frameBytesMax + 1).fill(1);
    for (const run of [() => decodeRequest(frame), () => decodeReceived(frame)]) {
      assert.throws(run, (error) => error instanceof ProtocolError && error.code === "ERR_TOO_LARGE");
    }
  });
});

describe("[WR8] errors", () => {
  it("travel with code, text and delay", () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const received = decodeReceived(encodeError(7, new ProtocolError(code, "why", 1_500)));
      assert.ok(received.kind === "error");
      const { requestId, error } = received;
      assert.deepEqual([requestId, error.code, error.message, error.retryAfterMs], [7, code, "why", 1_500]);
    }
  });

  it("are fatal, refusals or transient, by number", () => {
    assert.ok(isFatal("ERR_MALFORMED") && !isFatal("ERR_DENIED") && !isFatal("ERR_BUSY"));
    assert.ok(isTransient("ERR_BUSY") && !isTransient("ERR_DENIED") && !isTransient("ERR_MALFORMED"));
    assert.equal(errorCodeOf(60_000), "ERR_INTERNAL");
  });
});
