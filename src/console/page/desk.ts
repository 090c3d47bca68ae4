import type { Live } from './live.ts';
import type { Operations } from './operations.ts';
import type { Session } from './session.ts';

/** What views are made with. */
export interface Desk {
  readonly session: Session;
  readonly operations: Operations;
  readonly live: Live;
  /** Makes the view that is looked at again, from new answers. */
  refresh(): Promise<void>;
}
