/** Shared memory about the job's own thread: when its event loop last turned, and the longest that it was late since last asked. */
export const LOOP_SLOT = { turnedAt: 0, lateMs: 1 } as const;
/** The loop is asked to turn this often; late by less is no news. */
export const LOOP_TURN_MS = 250;
