import { startEjabberdForSiege } from "../../rivals/ejabberd.ts";
import { startHaproxy } from "../../rivals/haproxy.ts";
import { startMosquittoForSiege } from "../../rivals/mosquitto.ts";
import { startProsodyForSiege } from "../../rivals/prosody.ts";
import type { Rival, SiegeOptions } from "../../rivals/siege.ts";
import type { SetupName, SubjectName } from "../settings.ts";
import type { Certificate } from "./certificate.ts";
import { deathOf } from "./death.ts";
import type { Subject } from "./subject.ts";

export type RivalName = Exclude<SubjectName, "rempart">;

const starters: Record<RivalName, (directory: string, options: SiegeOptions) => Promise<Rival>> = {
  ejabberd: startEjabberdForSiege,
  prosody: startProsodyForSiege,
  mosquitto: startMosquittoForSiege,
};

/** A subject that speaks one of the rivals' protocols. */
export interface RivalSubject extends Subject {
  readonly dialect: "xmpp" | "mqtt";
}

/** Starts a rival, and HAProxy in front of it where that is the set-up; both on the server's core. */
export async function startRival(
  directory: string,
  { name, setup, certificate }: { name: RivalName; setup: SetupName; certificate: Certificate | undefined },
): Promise<RivalSubject> {
  const isBehindProxy = setup === "haproxy";
  const tls = isBehindProxy ? undefined : certificate;
  const rival = await starters[name](directory, { tls, isHardened: setup !== "default", isBehindProxy });
  const dialect = name === "mosquitto" ? "mqtt" : "xmpp";
  const proxy = isBehindProxy ? await startHaproxy(directory, { backend: rival.port, tls: certificate }) : undefined;
  const port = proxy?.port ?? rival.port;
  return {
    name,
    setup,
    note: isBehindProxy ? `${rival.note}; HAProxy with stick tables and maxconn in front, which ends TLS` : rival.note,
    target: { host: "127.0.0.1", port, isTls: certificate !== undefined },
    dialect,
    pids: [rival.child.pid, ...(proxy === undefined ? [] : [proxy.child.pid])],
    death: () => deathOf(rival.child) ?? (proxy === undefined ? undefined : deathOf(proxy.child)),
    async stop() {
      await proxy?.child.kill();
      await rival.child.kill();
    },
  };
}
