import type { Random } from "../../random.ts";
import { connectPacket, packetAt, packetTypes, publishTemplate, subscribePacket } from "../../rivals/mqtt-packets.ts";
import { siegeAccount } from "../../rivals/siege.ts";
import type { Dialect, Ear, Heard, OpeningKind, Showing } from "./dialect.ts";

/** MQTT has no opening of its own: whoever connects says at once who he is. What can be said before that is said here. */
export class MqttDialect implements Dialect {
  opening(kind: OpeningKind, random: Random): Buffer {
    if (kind === "foreign")
      return Buffer.concat([Buffer.from([0x10, 12, 0, 6]), Buffer.from("MQIsdx"), Buffer.from([9, 2, 0, 0])]);
    if (kind === "huge") return connectPacket("x".repeat(6_000));
    if (kind === "elsewhere") return publishTemplate("anybody", random.bytes(16)).bytes;
    return Buffer.alloc(0);
  }

  showing(showing: Showing, random: Random): Buffer {
    const clientId = Buffer.from(random.bytes(9)).toString("base64url");
    if (showing.kind === "nothing") return connectPacket(clientId);
    if (showing.kind === "supply") return connectPacket(clientId, siegeAccount);
    return connectPacket(clientId, { user: siegeAccount.user, password: clientId });
  }

  ear(heard: Heard): Ear {
    let rest = Buffer.alloc(0);
    let isAdmitted = false;
    return (bytes) => {
      const all = Buffer.concat([rest, bytes]);
      let at = 0;
      for (let found = packetAt(all, at, all.length); found !== undefined; found = packetAt(all, at, all.length)) {
        at = found.end;
        if (isAdmitted) heard.answered?.();
        else if (found.type === packetTypes.connack) {
          heard.opened?.();
          isAdmitted = all[found.start + 1] === 0;
          if (isAdmitted) heard.admitted?.([]);
          else heard.refused?.();
        }
      }
      rest = Buffer.from(all.subarray(at, at + 65_536));
    };
  }

  welcome(): Buffer {
    return Buffer.alloc(0);
  }

  pings(count: number): Buffer {
    return Buffer.alloc(2 * count, Buffer.from([0xc0, 0]));
  }

  /** Messages of one byte to nobody: MQTT has no message in pieces. */
  crumbs(count: number): Buffer {
    const crumb = Buffer.from([0x30, 4, 0, 1, 0x7a, 0x2e]);
    return Buffer.alloc(count * crumb.length, crumb);
  }

  bomb(random: Random): Buffer {
    const kind = random.between(0, 2);
    // The longest that the protocol can say, and the beginning of it.
    if (kind === 0) return Buffer.concat([Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(2_000)]);
    if (kind === 1) return publishTemplate("z", new Uint8Array(262_144)).bytes;
    return Buffer.concat(Array.from({ length: 500 }, (_, i) => subscribePacket(`z/${i}`)));
  }

  greed(): Buffer {
    const flood = publishTemplate("greed", new Uint8Array(16_384)).bytes;
    return Buffer.concat([subscribePacket("greed"), ...Array.from({ length: 20 }, () => flood)]);
  }
}
