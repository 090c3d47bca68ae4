/** A message that nobody has worked on for so long counts as lost, and is published again by a job: in milliseconds. */
export const lostAfterMs = 60_000;
