import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { decodeRequest } from "@rempart/protocol";
import { chatBetween, eventually, type Person, reopen, speech, World } from "./world.ts";

suite("files", () => {
  let world: World;
  afterEach(() => world.end());

  test("an upload goes on where it was cut off, in the next run of the program", async () => {
    world = new World();
    const [ada, bob] = (await world.people("Ada", "Bob")) as [Person, Person];
    const chat = await chatBetween(ada, bob);
    await chatBetween(bob, ada);
    const bytes = Uint8Array.from({ length: 500_000 }, (_, i) => (i * 13) % 256);
    let written = 0;
    let isCut = false;
    const offsets: number[] = [];
    ada.network.tampering.toServer = (frame) => {
      const request = decodeRequest(frame);
      if (request.name !== "blobWrite") return frame;
      offsets.push(request.body.offset);
      written++;
      if (written < 4 || isCut) return frame;
      isCut = true;
      queueMicrotask(() => ada.network.down());
      return undefined;
    };
    const progress: number[] = [];
    ada.client.subscribe((event) => {
      if (event.event === "message") progress.push(event.message.file?.transferred ?? -1);
    });
    const { message } = await ada.client.send({ chat, text: "", file: { name: "f", type: "a/b", bytes } });
    await eventually(ada.client, async () => isCut && (await ada.client.connection()).state === "offline");
    assert.ok(progress.some((transferred) => transferred > 0));
    await reopen(ada);
    assert.equal((await speech(ada.client, chat))[0]?.state, "queued");
    ada.network.isUp = true;
    await ada.client.reconnect();
    await ada.client.whenSent(message);
    assert.equal(offsets.filter((offset) => offset === 0).length, 1, "it did not begin again");
    await eventually(bob.client, async () => (await speech(bob.client, chat)).length === 1);
    assert.deepEqual((await bob.client.file(message)).bytes, bytes);
  });

  test("a text goes out while a file before it is still on its way", async () => {
    world = new World();
    const [ada, bob] = (await world.people("Ada", "Bob")) as [Person, Person];
    const chat = await chatBetween(ada, bob);
    await chatBetween(bob, ada);
    let release: () => void = () => undefined;
    const held: Uint8Array[] = [];
    let isHeld = true;
    ada.network.tampering.toServer = (frame) => {
      if (!isHeld || decodeRequest(frame).name !== "blobCreate") return frame;
      held.push(frame);
      release = () => {
        isHeld = false;
        ada.network.cut();
      };
      return undefined;
    };
    const file = { name: "f", type: "a/b", bytes: new Uint8Array(10) };
    const { message } = await ada.client.send({ chat, text: "file", file });
    await ada.client.send({ chat, text: "text" });
    await eventually(bob.client, async () => (await speech(bob.client, chat))[0]?.text === "text");
    release();
    await ada.client.reconnect();
    await ada.client.whenSent(message);
    await eventually(
      bob.client,
      async () => (await speech(bob.client, chat)).map((m) => m.text).join() === "text,file",
    );
  });

  test("a file whose bytes the server changed is refused", async () => {
    world = new World();
    const [ada, bob] = (await world.people("Ada", "Bob")) as [Person, Person];
    const chat = await chatBetween(ada, bob);
    await chatBetween(bob, ada);
    const file = { name: "f", type: "a/b", bytes: new Uint8Array(1_000).fill(7) };
    const { message } = await ada.client.send({ chat, text: "", file });
    await ada.client.whenSent(message);
    await eventually(bob.client, async () => (await speech(bob.client, chat)).length === 1);
    bob.network.tampering.toClient = (frame) => {
      if (frame.length < 1_000) return frame;
      const changed = frame.slice();
      changed[500] = (changed[500] ?? 0) ^ 1;
      return changed;
    };
    await assert.rejects(bob.client.file(message), { code: "ERR_FILE_DAMAGED" });
    bob.network.tampering.toClient = (frame) => frame;
    assert.equal((await bob.client.file(message)).bytes[999], 7);
  });
});
