/** The hours in which a member is not disturbed, as the member's own clock shows them. */
export interface QuietHours {
  /** First quiet minute, `HH:MM` or `HH:MM:SS`; null for none. */
  readonly start: string | null;
  /** First minute that is allowed again; null for none. Equal to `start`: none. Before `start`: the hours cross midnight. */
  readonly end: string | null;
  /** IANA zone of the member, such as `Asia/Seoul`. */
  readonly zone: string;
}

/** Whether the rule forbids this instant. */
export declare function isQuiet(hours: QuietHours, now: Date): boolean;

/** The first instant at or after `now` that the rule allows; `now` itself when it does. */
export declare function nextAllowedAt(hours: QuietHours, now: Date): Date;
