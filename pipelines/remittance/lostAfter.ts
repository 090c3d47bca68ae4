/** A message that nobody has worked on for so long counts as lost, and is published again by a job: in milliseconds. */
export const lostAfterMs = 60_000;

/** What a job has published again it leaves alone for so long, in milliseconds: a pipeline that stands still is not given it every minute. */
export const againAfterMs = 600_000;
