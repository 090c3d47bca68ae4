import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/** Where requests wait for others to be answered, the answer wakes them; this is for answers that never come. */
const checkEveryMs = 10;

let isCured = false;

/**
 * Cures the request queue of kafkajs 2.2.4, which arms a timer after every answer, also where no request waits, and with a negative
 * time: 850 wake-ups a second on an idle connection, and a warning of Node.js 24 for each. Here a timer runs only while requests
 * wait. (tulios/kafkajs#1704, #1751)
 */
export function cureIdleTimers(): void {
  if (isCured) return;
  isCured = true;
  RequestQueue.prototype.scheduleCheckPendingRequests = function (): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    // eslint-disable-next-line no-restricted-properties -- the queue reckons by the machine's time
    const delayMs = Math.max(checkEveryMs, this.throttledUntil - Date.now());
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, delayMs);
  };
}
