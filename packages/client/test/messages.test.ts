import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { chatBetween, eventually, type Person, sees, speech, World } from "./world.ts";

suite("what is done to messages", () => {
  const world = new World();
  let ada: Person;
  let bob: Person;
  let chat: string;

  before(async () => {
    [ada, bob] = (await world.people("Ada", "Bob")) as [Person, Person];
    chat = await chatBetween(ada, bob);
    await chatBetween(bob, ada);
  });
  after(() => world.end());

  const find = async (person: Person, message: string) =>
    (await speech(person.client, chat)).find((view) => view.message === message);

  test("a reply quotes, a reaction counts, and both can be seen by the other side", async () => {
    const question = await ada.client.send({ chat, text: "tea?" });
    await sees(bob, chat, ["tea?"]);
    await bob.client.send({ chat, text: "yes", replyTo: question.message });
    await bob.client.react({ message: question.message, emoji: "👍" });
    const reply = await eventually(ada.client, async () => (await speech(ada.client, chat))[1]);
    assert.deepEqual(reply.replyTo, { message: question.message, name: "Ada", text: "tea?" });
    const reactions = await eventually(ada.client, async () => {
      const view = await find(ada, question.message);
      return view !== undefined && view.reactions.length > 0 && view.reactions;
    });
    assert.deepEqual(reactions, [{ emoji: "👍", count: 1, own: false, names: ["Bob"] }]);
    await bob.client.react({ message: question.message, emoji: "👍", remove: true });
    await eventually(ada.client, async () => (await find(ada, question.message))?.reactions.length === 0);
  });

  test("an edit and a deletion reach everyone, and only the author may", async () => {
    const sent = await ada.client.send({ chat, text: "draft" });
    await ada.client.edit({ message: sent.message, text: "final" });
    await ada.client.whenSent(sent.message);
    const seen = await eventually(bob.client, async () => {
      const view = await find(bob, sent.message);
      return view?.text === "final" && view;
    });
    assert.ok(seen.editedAt !== undefined);
    await assert.rejects(bob.client.edit({ message: sent.message, text: "forged" }), { code: "ERR_PERMISSION" });
    await assert.rejects(bob.client.delete(sent.message), { code: "ERR_PERMISSION" });
    await ada.client.delete(sent.message);
    const gone = await eventually(bob.client, async () => {
      const view = await find(bob, sent.message);
      return view?.isDeleted === true && view;
    });
    assert.equal(gone.text, "");
    await assert.rejects(ada.client.edit({ message: sent.message, text: "again" }), { code: "ERR_ARGUMENT" });
  });

  test("a file crosses, and its bytes are the same", async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);
    const file = { name: "plan.bin", type: "application/octet-stream", bytes };
    const sent = await ada.client.send({ chat, text: "the plan", file });
    assert.equal(sent.file?.isLocal, true);
    await ada.client.whenSent(sent.message);
    const seen = await eventually(bob.client, () => find(bob, sent.message));
    assert.deepEqual(seen.file, { name: "plan.bin", type: "application/octet-stream", size: 300_000, isLocal: false });
    assert.equal(seen.text, "the plan");
    const fetched = await bob.client.file(sent.message);
    assert.deepEqual(fetched.bytes, bytes);
    assert.equal((await find(bob, sent.message))?.file?.isLocal, true);
  });

  test("what cannot be sent is refused with a code", async () => {
    await assert.rejects(ada.client.send({ chat, text: "  " }), { code: "ERR_ARGUMENT" });
    await assert.rejects(ada.client.send({ chat, text: "x".repeat(16_385) }), { code: "ERR_TOO_LARGE" });
    await assert.rejects(ada.client.send({ chat: "00", text: "x" }), { code: "ERR_NOT_FOUND" });
    const large = { name: "x", type: "x/y", bytes: new Uint8Array(64 * 1_048_576 + 1) };
    await assert.rejects(ada.client.send({ chat, text: "", file: large }), { code: "ERR_FILE_TOO_LARGE" });
  });

  test("a draft, a preference and a name are kept; the other side hears of the name", async () => {
    await ada.client.setDraft({ chat, text: "to be contin" });
    assert.equal((await ada.client.chat(chat)).draft, "to be contin");
    await ada.client.setPreferences({ theme: "dark" });
    assert.deepEqual(await ada.client.preferences(), { language: "auto", theme: "dark", sendReadReceipts: true });
    await ada.client.rename("Ada L.");
    await eventually(bob.client, async () => (await bob.client.contacts())[0]?.name === "Ada L.");
    assert.equal((await bob.client.chats())[0]?.title, "Ada L.");
  });
});
