import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OwnHosts } from "./own-hosts.ts";

const at = (localAddress: string, localPort: number) => new OwnHosts([]).of({ localAddress, localPort });

describe("[WR18] the server's own hosts", () => {
  it("are the address at which a connection arrived, as clients write it", () => {
    assert.deepEqual(at("192.0.2.1", 8080), ["192.0.2.1:8080"]);
    assert.deepEqual(at("::ffff:192.0.2.1", 8080), ["192.0.2.1:8080"]);
    assert.deepEqual(at("fe80::1%eth0", 8080), ["[fe80::1]:8080"]);
    assert.deepEqual(at("192.0.2.1", 80), ["192.0.2.1"]);
  });

  it("have the name localhost on this machine's own addresses only", () => {
    assert.deepEqual(at("127.0.0.1", 8080), ["127.0.0.1:8080", "localhost:8080"]);
    assert.deepEqual(at("::1", 8080), ["[::1]:8080", "localhost:8080"]);
  });

  it("are the configured ones too, whatever the connection", () => {
    const hosts = new OwnHosts(["https://Chat.Example", "http://192.0.2.1:8080"]);
    const arrived = hosts.of({ localAddress: "192.0.2.1", localPort: 8080 });
    assert.deepEqual(arrived, ["chat.example", "192.0.2.1:8080"]);
    assert.equal(hosts.of({ localAddress: "192.0.2.1", localPort: 8080 }), arrived);
    assert.deepEqual(hosts.of({ localAddress: "192.0.2.2", localPort: 8080 }).at(-1), "192.0.2.2:8080");
    assert.deepEqual(hosts.of({}), ["chat.example", "192.0.2.1:8080"]);
    assert.throws(() => new OwnHosts(["chat.example"]), TypeError);
  });
});
