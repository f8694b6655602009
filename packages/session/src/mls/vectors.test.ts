import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fromHex } from "@rempart/protocol";
import { ciphersuites, defaultCryptoProvider, encodeMlsMessage, getCiphersuiteFromName } from "ts-mls";
import type { Decoder } from "ts-mls/codec/tlsDecoder.js";
import { encode as encodeTls } from "ts-mls/codec/tlsEncoder.js";
import { commitEncoder, decodeCommit } from "ts-mls/commit.js";
import { verifyGroupInfoConfirmationTag, verifyGroupInfoSignature } from "ts-mls/groupInfo.js";
import { decodeGroupSecrets, groupSecretsEncoder } from "ts-mls/groupSecrets.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import * as proposals from "ts-mls/proposal.js";
import { decodeRatchetTree, encodeRatchetTree } from "ts-mls/ratchetTree.js";
import { decryptGroupInfo, decryptGroupSecrets } from "ts-mls/welcome.js";
import { nodeProvider } from "../provider/node.ts";
import { hex } from "../testing/testkit.ts";
import { decodeMessage } from "./message.ts";
import { runPassiveClientFile } from "./passive-client.ts";

const folder = fileURLToPath(new URL("../../../../../shared/vectors/mls/", import.meta.url));

function load(name: string): readonly Record<string, unknown>[] {
  const path = `${folder}${name}`;
  assert.ok(existsSync(path), `the official vectors are missing: expected ${name} in ${folder}`);
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  assert.ok(Array.isArray(parsed) && parsed.length > 0);
  return parsed;
}

for (const name of ["passive-client-welcome.json", "passive-client-handling-commit.json"]) {
  test(`every case of ${name} passes, in every cipher suite`, async () => {
    const { cases } = await runPassiveClientFile(nodeProvider(), load(name));
    assert.deepEqual(
      cases.filter((entry) => entry.result !== "passed"),
      [],
    );
    assert.equal(new Set(cases.map((entry) => entry.suite)).size, 7);
  });
}

test("a case that arrives elsewhere fails, an unknown suite is skipped, junk is a failed case", async () => {
  const [first] = load("passive-client-welcome.json");
  const altered = { ...first, initial_epoch_authenticator: "00" };
  const foreign = { ...first, cipher_suite: 4_000 };
  const { cases } = await runPassiveClientFile(nodeProvider(), [altered, foreign, 7, { cipher_suite: 1 }]);
  assert.deepEqual(
    cases.map((entry) => entry.result),
    ["failed", "skipped", "failed", "failed"],
  );
  await assert.rejects(runPassiveClientFile(nodeProvider(), {}), TypeError);
});

test("every case of welcome.json opens", async () => {
  for (const vector of load("welcome.json")) {
    const text = (name: string) => fromHex(String(vector[name]));
    const name = Object.entries(ciphersuites).find(([, id]) => id === vector.cipher_suite)?.[0];
    assert.ok(name !== undefined);
    const suite = await defaultCryptoProvider.getCiphersuiteImpl(
      getCiphersuiteFromName(name as keyof typeof ciphersuites),
    );
    const welcome = decodeMessage(text("welcome"));
    const keyPackage = decodeMessage(text("key_package"));
    assert.ok(welcome.wireformat === "mls_welcome" && keyPackage.wireformat === "mls_key_package");
    const reference = await makeKeyPackageRef(keyPackage.keyPackage, suite.hash);
    const initKey = await suite.hpke.importPrivateKey(text("init_priv"));
    const secrets = await decryptGroupSecrets(initKey, reference, welcome.welcome, suite.hpke);
    assert.ok(secrets !== undefined);
    const noPsk = new Uint8Array(suite.kdf.size);
    const info = await decryptGroupInfo(welcome.welcome, secrets.joinerSecret, noPsk, suite);
    assert.ok(info !== undefined);
    assert.equal(await verifyGroupInfoSignature(info, text("signer_pub"), suite.signature), true);
    assert.equal(await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, noPsk, suite), true);
  }
});

type RoundTrip = (bytes: Uint8Array) => Uint8Array | undefined;

/** Decodes, demands that nothing is left over, and encodes again. */
function roundTrip<T>(decoder: Decoder<T>, encoder: (value: T) => Uint8Array): RoundTrip {
  return (bytes) => {
    const decoded = decoder(bytes, 0);
    return decoded?.[1] === bytes.length ? encoder(decoded[0]) : undefined;
  };
}

const message: RoundTrip = (bytes) => encodeMlsMessage(decodeMessage(bytes));
const messageFields: Record<string, RoundTrip> = {
  mls_welcome: message,
  mls_group_info: message,
  mls_key_package: message,
  ratchet_tree: roundTrip(decodeRatchetTree, encodeRatchetTree),
  group_secrets: roundTrip(decodeGroupSecrets, encodeTls(groupSecretsEncoder)),
  add_proposal: roundTrip(proposals.decodeAdd, proposals.encodeAdd),
  update_proposal: roundTrip(proposals.decodeUpdate, proposals.encodeUpdate),
  remove_proposal: roundTrip(proposals.decodeRemove, proposals.encodeRemove),
  pre_shared_key_proposal: roundTrip(proposals.decodePSK, proposals.encodePSK),
  re_init_proposal: roundTrip(proposals.decodeReinit, proposals.encodeReinit),
  external_init_proposal: roundTrip(proposals.decodeExternalInit, proposals.encodeExternalInit),
  group_context_extensions_proposal: roundTrip(
    proposals.decodeGroupContextExtensions,
    proposals.encodeGroupContextExtensions,
  ),
  commit: roundTrip(decodeCommit, encodeTls(commitEncoder)),
  public_message_application: message,
  public_message_proposal: message,
  public_message_commit: message,
  private_message: message,
};

test("every message of messages.json decodes and encodes to the same bytes", () => {
  for (const [index, vector] of load("messages.json").entries()) {
    assert.deepEqual(Object.keys(vector).sort(), Object.keys(messageFields).sort());
    for (const [name, trip] of Object.entries(messageFields)) {
      const bytes = fromHex(String(vector[name]));
      assert.equal(hex(trip(bytes) ?? new Uint8Array()), hex(bytes), `${name} of case ${index}`);
    }
  }
});
