import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type FileHandle, GatheringHandle } from "./gathering-handle.ts";

/** A file in memory that notes what is asked of it, and takes at most `room` bytes. */
class MemoryFile implements FileHandle {
  readonly asked: string[] = [];
  bytes = new Uint8Array(0);
  room = Number.POSITIVE_INFINITY;

  read(view: ArrayBufferView, { at = 0 }: { readonly at?: number } = {}): number {
    this.asked.push("read");
    const into = bytesOf(view);
    const found = this.bytes.subarray(at, at + into.length);
    into.set(found);
    return found.length;
  }

  write(view: ArrayBufferView, { at = 0 }: { readonly at?: number } = {}): number {
    const from = bytesOf(view);
    const taken = Math.max(0, Math.min(from.length, this.room - at));
    this.asked.push(`write ${at} ${taken}`);
    const grown = new Uint8Array(Math.max(this.bytes.length, at + taken));
    grown.set(this.bytes);
    grown.set(from.subarray(0, taken), at);
    this.bytes = grown;
    return taken;
  }

  flush(): void {
    this.asked.push("flush");
  }

  truncate(size: number): void {
    this.asked.push(`truncate ${size}`);
    const cut = new Uint8Array(size);
    cut.set(this.bytes.subarray(0, size));
    this.bytes = cut;
  }

  getSize(): number {
    return this.bytes.length;
  }

  close(): void {
    this.asked.push("close");
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

test("writes that follow one another are one write, made before the flush returns", () => {
  const file = new MemoryFile();
  const handle = new GatheringHandle(file);
  for (let page = 0; page < 40; page++) {
    assert.equal(handle.write(bytes(24), { at: 4_096 + page * 4_120 }), 24);
    handle.write(bytes(4_096, page), { at: 4_120 + page * 4_120 });
  }
  assert.deepEqual(file.asked, []);
  handle.flush();
  assert.deepEqual(file.asked, [`write 4096 ${40 * 4_120}`, "flush"]);
});

test("what is gathered is bounded, and a write elsewhere begins another", () => {
  const file = new MemoryFile();
  const handle = new GatheringHandle(file);
  handle.write(bytes(10), { at: 100 });
  handle.write(bytes(10), { at: 0 });
  assert.deepEqual(file.asked, ["write 100 10"]);
  for (let i = 0; i < 3; i++) handle.write(bytes(700_000), { at: 10 + i * 700_000 });
  assert.deepEqual(file.asked.slice(1), ["write 0 700010", "write 700010 700000"]);
});

test("the caller may use its bytes again at once", () => {
  const file = new MemoryFile();
  const handle = new GatheringHandle(file);
  const page = bytes(4, 7);
  handle.write(page, { at: 0 });
  page.fill(0);
  handle.close();
  assert.deepEqual([...file.bytes], [7, 7, 7, 7]);
  assert.deepEqual(file.asked, ["write 0 4", "close"]);
});

test("a view of any elements is written whole, byte for byte", () => {
  const file = new MemoryFile();
  const handle = new GatheringHandle(file);
  const words = new Uint32Array([0, 0x01020304, 0x05060708]).subarray(1);
  assert.equal(handle.write(words, { at: 0 }), 8);
  const back = new Uint32Array(2);
  assert.equal(handle.read(back, { at: 0 }), 8);
  assert.deepEqual(back, words);
});

test("where the file is full the flush throws, and nothing of the rest is written later", () => {
  const file = new MemoryFile();
  const handle = new GatheringHandle(file);
  file.room = 6;
  handle.write(bytes(4), { at: 0 });
  handle.write(bytes(4), { at: 4 });
  assert.throws(() => handle.flush(), /took 6 of 8 bytes/);
  file.room = 100;
  handle.close();
  assert.deepEqual(file.asked, ["write 0 6", "close"]);
});

test("whatever is done in whatever order, the file reads as one that does not gather", () => {
  const at = fc.nat(60);
  const step = fc.oneof(
    fc.record({ do: fc.constant("write" as const), at, data: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
    fc.record({ do: fc.constant("read" as const), at }),
    fc.record({ do: fc.constant("truncate" as const), at }),
    fc.record({ do: fc.constant("size" as const) }),
    fc.record({ do: fc.constant("flush" as const) }),
  );
  const outcome = (handle: FileHandle, each: typeof step extends fc.Arbitrary<infer S> ? S : never): unknown => {
    switch (each.do) {
      case "write":
        return handle.write(each.data, { at: each.at });
      case "read": {
        const into = new Uint8Array(16);
        return [handle.read(into, { at: each.at }), [...into]];
      }
      case "truncate":
        return handle.truncate(each.at);
      case "size":
        return handle.getSize();
      case "flush":
        return handle.flush();
    }
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (all) => {
      const plain = new MemoryFile();
      const file = new MemoryFile();
      const gathering = new GatheringHandle(file);
      for (const each of all) assert.deepEqual(outcome(gathering, each), outcome(plain, each));
      gathering.close();
      assert.deepEqual(file.bytes, plain.bytes);
    }),
  );
});
