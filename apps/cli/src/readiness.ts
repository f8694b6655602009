/** Waits for the server, for as long as a person would. */
import type { ClientApi, ConnectionView, SentView } from "@rempart/client";
import type { Context, OptionSpec } from "./command.ts";
import { CliError } from "./failure.ts";
import { Patience } from "./patience.ts";
import { lineText } from "./text/line.ts";
import { formatSeconds } from "./text/time.ts";

export const timeoutOption = {
  timeout: {
    type: "string",
    value: "DURATION",
    help: "how long to wait for the server (default 30s, and longer while in line)",
  },
} as const satisfies Record<string, OptionSpec>;

/** For how long commands that also work offline wait for what is new, in milliseconds. */
const catchUpMsMax = 10_000;

/** Runs `work` with {@link Patience}; `explain` says what the person has when it is over. */
export async function withTimeout<T>(context: Context, work: Promise<T>, explain: string): Promise<T> {
  const { stop } = context;
  const { client } = await context.home();
  const patience = new Patience(context, client);
  const { promise: over, reject } = Promise.withResolvers<never>();
  void patience.over.then(() => {
    reject(new CliError("ERR_TIMEOUT", `no answer within ${formatSeconds(patience.timeoutMs)}: ${explain}`));
  });
  const stopped = () => reject(new CliError("ERR_INTERRUPTED", `interrupted: ${explain}`));
  stop.addEventListener("abort", stopped, { once: true });
  try {
    return await Promise.race([work, over]);
  } finally {
    patience.end();
    stop.removeEventListener("abort", stopped);
  }
}

/** The client, connected to its server. Throws `ERR_OFFLINE` when that takes too long, `ERR_REFUSED`. */
export async function onlineClient(context: Context): Promise<ClientApi> {
  const client = await context.client();
  const patience = new Patience(context, client);
  try {
    const isSettled = ({ state }: ConnectionView) => state === "online" || state === "refused";
    const connection = await whenConnection(client, isSettled, patience.over);
    if (connection.state === "online") return client;
    if (connection.state === "refused") throw refusal(connection);
    const line = lineText(connection, context.world.now());
    throw new CliError("ERR_OFFLINE", line === undefined ? "the server cannot be reached" : `not let in yet. ${line}`);
  } finally {
    patience.end();
  }
}

/** Why no further attempt will be made. */
export function refusal({ error = "ERR_DENIED" }: ConnectionView): CliError {
  return new CliError("ERR_REFUSED", `there will be no connection (${error})`, { reason: error });
}

/** The client, connected, with everything that the server holds for it. */
export async function syncedClient(context: Context): Promise<ClientApi> {
  const client = await onlineClient(context);
  await withTimeout(context, client.whenSynced(), "nothing was done yet");
  return client;
}

/** Fetches what is new, if the server can be reached; otherwise what this device has must do. */
export async function caughtUpClient(context: Context): Promise<ClientApi> {
  const client = await context.client();
  const settled = new AbortController();
  const patience = new Patience(context, client);
  const over = after(catchUpMsMax, settled.signal);
  const unreachable = whenConnection(client, isUnreachable, over);
  // Where catching up fails, because the server refuses this device for one, the history can still be read.
  const synced = client.whenSynced().then(
    () => undefined,
    () => client.connection(),
  );
  const connection = await Promise.race([synced, unreachable]);
  settled.abort();
  patience.end();
  const line = connection && lineText(connection, context.world.now());
  if (line !== undefined) context.output.remark(`${line} This is what this device has.`);
  else if (connection?.state === "online") context.output.remark("Not everything could be fetched in time.");
  else if (connection !== undefined)
    context.output.remark("The server cannot be reached: this is what this device has.");
  return client;
}

/** A client that has only just started is offline too, but has not failed at anything yet. */
function isUnreachable({ state, retryAt, error }: ConnectionView): boolean {
  return state === "refused" || (state === "offline" && (retryAt !== undefined || error !== undefined));
}

/** Resolves after a while, or at once when it is aborted. */
function after(delayMs: number, ended: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  ended.addEventListener("abort", () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}

/** The first state that `isEnough`, or the last one there was when time was up. */
async function whenConnection(
  client: ClientApi,
  isEnough: (connection: ConnectionView) => boolean,
  over: Promise<void>,
): Promise<ConnectionView> {
  const { promise, resolve, reject } = Promise.withResolvers<ConnectionView>();
  let last: ConnectionView = { state: "connecting" };
  const look = (connection: ConnectionView) => {
    last = connection;
    if (isEnough(connection)) resolve(connection);
  };
  const unsubscribe = client.subscribe((event) => {
    if (event.event === "connection") look(event.connection);
  });
  void over.then(() => resolve(last));
  client.connection().then(look, reject);
  try {
    return await promise;
  } finally {
    unsubscribe();
  }
}

/** Waits until a message, and all that was queued for it, is durable on the server. */
export async function whenDurable(context: Context, client: ClientApi, message: string): Promise<SentView> {
  return withTimeout(
    context,
    client.whenSent(message),
    "it stays queued, and goes out with the next command that connects",
  );
}
