import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import { it } from "node:test";
import { connectPath, decode, encode, proofCodec, tokenBytes, verdictCodec } from "@rempart/protocol";
import { type BrowserName, browse } from "./testing/browser.ts";
import { testCertificate } from "./testing/certificate.ts";
import { TestFront } from "./testing/front.ts";
import { TicketKeys } from "./tls/ticket-keys.ts";

/** Asks the test for a proof, shows it at the gate, tells the test the verdict, and so on. */
const page = `<!doctype html><meta charset="utf-8"><script>
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const show = (proof) => new Promise((resolve, reject) => {
    const socket = new WebSocket("wss://" + location.host + "${connectPath}");
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(Uint8Array.from(proof.match(/../g), (pair) => parseInt(pair, 16)));
    socket.onmessage = ({ data }) => { socket.close(); resolve(hex(new Uint8Array(data))); };
    socket.onclose = reject;
  });
  (async () => {
    for (let verdict = ""; ; ) {
      const proof = await (await fetch("/next", { method: "POST", body: verdict })).text();
      if (proof === "") return;
      verdict = await show(proof);
    }
  })();
</script>`;

/** Visits needed: with a token, then with the ticket that each one gave. */
const visits = 5;

/**
 * Visits on which each browser may still be a stranger: Chromium shows its newest TLS ticket, Firefox the oldest, and
 * that is from when it loaded the page.
 */
const strangersMax: Readonly<Record<BrowserName, number>> = { chromium: 1, "firefox-esr": 2 };

for (const name of ["chromium", "firefox-esr"] as const satisfies readonly BrowserName[]) {
  it(`${name} is recognised before TLS once it was admitted`, { timeout: 60_000 }, async () => {
    let isDone: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      isDone = resolve;
    });
    const token = new Uint8Array(tokenBytes).fill(1);
    let shown = 0;
    const nextProof = (verdictHex: string) => {
      shown += 1;
      if (shown > visits) return undefined;
      if (verdictHex === "") return encode(proofCodec, { kind: "token", token });
      const verdict = decode(verdictCodec, Buffer.from(verdictHex, "hex"));
      const ticket = verdict.kind === "admitted" ? verdict.tickets[0] : undefined;
      return ticket === undefined ? undefined : encode(proofCodec, { kind: "ticket", ticket });
    };
    const site: RequestListener = async (request, response) => {
      if (request.url !== "/next") {
        response.writeHead(200, { "Content-Type": "text/html" }).end(request.url === "/" ? page : "");
        return;
      }
      const proof = nextProof(await text(request));
      response.end(proof === undefined ? "" : Buffer.from(proof).toString("hex"));
      if (proof === undefined) isDone();
    };
    const tls = { certificate: testCertificate, keys: TicketKeys.make(0) };
    await TestFront.with({ tls, site }, async (front) => {
      front.tokens.issue(token);
      await front.ticking(() => browse(name, front.port, () => done));
      const hellos = front.admissions.map(({ visit }) => visit.hello);
      assert.equal(hellos.length, visits);
      assert.ok(
        hellos.slice(strangersMax[name]).every((hello) => hello === "member"),
        hellos.join(),
      );
      assert.deepEqual(front.gate.counters.admitted, { A: 0, B: visits - 1, C: 1, D: 0, E: 0 });
    });
  });
}
