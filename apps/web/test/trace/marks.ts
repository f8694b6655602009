/** Notes of what happened when, on the clock that all pages, workers and processes of one machine share. */
export interface Mark {
  readonly what: string;
  /** Milliseconds since the Unix epoch, with fractions. */
  readonly at: number;
}

/** Channel between a traced worker and its page: it is asked for its marks, and answers with them. */
export const traceChannel = "rempart.trace";

/** What a packet between page and worker is about: the call's or the event's name. */
export function nameOf(packet: unknown): string {
  const { message, receipt } = (packet ?? {}) as { message?: Record<string, unknown>; receipt?: number };
  if (receipt !== undefined) return "receipt";
  const event = message?.event as { readonly event?: string } | undefined;
  return `${String(message?.type)} ${event?.event ?? String(message?.method ?? "")}`.trim();
}
