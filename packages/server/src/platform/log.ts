import { type DestinationStream, type Logger, pino } from "pino";

/**
 * The server's log: one JSON object a line with level, time and reason, and nothing about who connected,
 * from where, or to what. Written are start, stop, and what an operator has to act upon.
 */
export function createLog(to: DestinationStream): Logger {
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, to);
}
