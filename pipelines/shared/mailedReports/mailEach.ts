import type { Observable } from 'rxjs';
import type { Effect } from '../../../operators/effectOptions.ts';
import type { Gate } from '../../../operators/gate.ts';
import { mapChunk } from '../../../operators/mapChunk.ts';
import { mergeMapEach } from '../../../operators/mergeMapEach.ts';
import { WeirError } from '../../../src/errors.ts';
import type { Message } from '../../../src/message/message.ts';
import { laterMail, refusedMail, unknownMail, type DueMail, type MailVerdict } from './dueMail.ts';
import type { ReportMailOptions } from './reportMailOptions.ts';
import type { ReportMailStore } from './reportMailStore.ts';

/** Where the mails of reports are claimed, sent and recorded. */
export interface ReportMails<R> extends Pick<ReportMailStore<R>, 'claim' | 'record'> {
  readonly send: Effect<DueMail<R>, MailVerdict>;
  readonly gate: Gate;
}

/** A partition has one mail. */
const alone = { size: 1, maxWaitMs: 0 };

/** The chain of a job that mails a report: each mail is claimed before it is sent, and one that nobody can tell about is never sent again by itself. */
export function mailEach<R>(
  row$: Observable<Message<DueMail<R>>>,
  mails: ReportMails<R>,
  { mail, repeat, repeatForMs }: ReportMailOptions,
): Observable<Message<unknown>> {
  const again = { ...repeat, forMs: repeatForMs };
  return row$.pipe(
    mergeMapEach(mails.send, {
      ...mail,
      concurrency: alone.size,
      claim: mails.claim,
      repeatClaim: again,
      gate: mails.gate,
      refused: refusedMail,
      later: laterMail,
      unknown: unknownMail,
    }),
    mapChunk(mails.record, { ...alone, repeat: again }),
    mapChunk(requireEnds, alone),
  );
}

/** A mail that was given back has no end: its partition fails in a way that may pass, and begins anew. */
async function requireEnds(verdicts: readonly MailVerdict[]): Promise<readonly MailVerdict[]> {
  const left = verdicts.filter(({ kind }) => kind === 'later');
  if (left.length > 0) throw new WeirError('unavailable', 'The mail server has not taken the mail of a report.');
  return Promise.resolve(verdicts);
}
