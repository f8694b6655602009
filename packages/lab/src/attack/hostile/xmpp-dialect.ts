import type { Random } from "../../random.ts";
import { siegeAccount } from "../../rivals/siege.ts";
import { authStanza, bindStanza, streamHeader } from "../../rivals/xmpp-stanzas.ts";
import type { Dialect, Ear, Heard, OpeningKind, Showing } from "./dialect.ts";

/** XMPP as an attacker speaks it: the stream, SASL PLAIN, and stanzas that nobody needs. */
export class XmppDialect implements Dialect {
  opening(kind: OpeningKind): Buffer {
    if (kind === "foreign") return Buffer.from(streamHeader("elsewhere.example"));
    if (kind === "huge") return Buffer.from(streamHeader("x".repeat(6_000)));
    if (kind === "elsewhere") return Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return Buffer.from(streamHeader("localhost"));
  }

  showing(showing: Showing, random: Random): Buffer {
    const wrong = { user: siegeAccount.user, password: Buffer.from(random.bytes(9)).toString("base64url") };
    if (showing.kind === "nothing") return Buffer.from("<presence/>");
    return Buffer.from(authStanza(showing.kind === "supply" ? siegeAccount : wrong));
  }

  ear(heard: Heard): Ear {
    let state: "opening" | "showing" | "inside" | "over" = "opening";
    let rest = "";
    return (bytes) => {
      rest = (rest + bytes.toString("latin1")).slice(-8_192);
      if (state === "opening" && rest.includes("<stream:features")) {
        state = "showing";
        heard.opened?.();
      }
      if (state === "showing" && rest.includes("<success")) {
        state = "inside";
        rest = "";
        heard.admitted?.([]);
      } else if ((state === "showing" || state === "opening") && /<failure|<stream:error|not-authorized/.test(rest)) {
        state = "over";
        heard.refused?.();
      } else if (state === "inside") heard.answered?.();
    };
  }

  welcome(random: Random): Buffer {
    const resource = Buffer.from(random.bytes(6)).toString("hex");
    return Buffer.from(`${streamHeader("localhost")}${bindStanza(resource)}<presence/>`);
  }

  pings(count: number): Buffer {
    return Buffer.from("<iq type='get' to='localhost' id='p'><ping xmlns='urn:xmpp:ping'/></iq>".repeat(count));
  }

  /** Blanks between stanzas keep a connection alive; so many of them are a flood. */
  crumbs(count: number): Buffer {
    return Buffer.alloc(count, " ");
  }

  bomb(random: Random): Buffer {
    const kind = random.between(0, 2);
    if (kind === 0) return Buffer.from(`<message><body>${"x".repeat(300_000)}`);
    if (kind === 1) return Buffer.from("<a>".repeat(20_000));
    return Buffer.from(`<message ${Array.from({ length: 5_000 }, (_, i) => `a${i}='x'`).join(" ")}/>`);
  }

  greed(): Buffer {
    const question = "<iq type='get' to='localhost' id='g'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
    return Buffer.from(question.repeat(300));
  }
}
