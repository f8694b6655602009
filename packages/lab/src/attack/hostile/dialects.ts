import type { Target } from "../target.ts";
import type { Dialect } from "./dialect.ts";
import type { Supplies } from "./field.ts";
import { MqttDialect } from "./mqtt-dialect.ts";
import { RempartDialect } from "./rempart-dialect.ts";
import { XmppDialect } from "./xmpp-dialect.ts";

export type DialectName = "rempart" | "xmpp" | "mqtt";

export function dialectOf(name: DialectName, target: Target, supplies: Supplies): Dialect {
  if (name === "mqtt") return new MqttDialect();
  if (name === "xmpp") return new XmppDialect();
  return new RempartDialect(`${target.host}:${target.port}`, supplies);
}
