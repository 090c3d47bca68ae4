/** A request that nobody has worked on for so long counts as lost, and is published again by the job: in milliseconds. */
export const lostAfterMs = 60_000;

/** What the job has published again it leaves alone for so long, in milliseconds: a pipeline that stands still is not given it every time. */
export const againAfterMs = 600_000;
