import type { ErrorCode } from './errors.ts';

/** What a code means and what an operator does about it, in a sentence each. */
export interface ErrorAdvice {
  readonly means: string;
  readonly todo: string;
}

/** Every code for people, in the order in which `docs/errors.md` lists them. */
export const errorGuide: { readonly [Code in ErrorCode]: ErrorAdvice } = {
  undecodable: {
    means: 'Bytes, or the details of a bill, are not what their topic or table promises.',
    todo: 'Ask whoever wrote them; discard what is worthless.',
  },
  oversize: {
    means: 'A message is larger than its topic, or a mail than its server, allows.',
    todo: 'Ask its producer; the same message is refused again.',
  },
  newerVersion: {
    means: 'A message was written by a newer Weir: the pipeline is paused, and nothing is put aside.',
    todo: 'Start the newer version, then restart this process.',
  },
  deliveryLimit: {
    means: 'A message was delivered too often without an end, the last time alone: it probably ended the processes that had it.',
    todo: 'Look at why those processes ended; replay it once that is mended.',
  },
  decryption: {
    means: 'A ciphertext is damaged, or was copied from another row or field.',
    todo: 'Write the value anew, then send the bill again.',
  },
  keyMissing: {
    means: 'Something is encrypted under a key that is not in the ring of this process: it waits.',
    todo: 'Put the key into keys.ring and restart.',
  },
  unavailable: {
    means: 'An outside system cannot be reached, refuses connections or restarts.',
    todo: 'Bring it back: the rest follows by itself.',
  },
  conflict: {
    means: 'The database chose between transactions: a deadlock, a serialisation failure, a lock that was not had in time.',
    todo: 'Nothing: it is tried again. Look for long transactions when it goes on.',
  },
  throttled: {
    means: 'An outside system asks to be asked more slowly.',
    todo: 'Nothing: the rate falls by itself. Lower the rate in the options when it goes on.',
  },
  refused: {
    means: 'An outside system says no for good, or what an operator asked for does not fit the state of things.',
    todo: 'Read its text: mend the address, the password or the request.',
  },
  constraint: {
    means: 'The database, or a rule of the business, does not accept a row.',
    todo: 'Mend the row that its text names.',
  },
  outcomeUnknown: {
    means: 'A connection was lost after its effect may have happened.',
    todo: 'Resolve the parked bill by the log of the other side; calls that may be repeated are repeated.',
  },
  timedOut: {
    means: 'Our own time limit for a call was over, and its effect may have happened.',
    todo: 'As for outcomeUnknown; raise the limit when the other side is merely slow.',
  },
  exhausted: {
    means: 'An error that may pass did not within the tries, where a stage cannot put its message off.',
    todo: 'Mend the cause that its text names, then replay.',
  },
  defect: {
    means: 'A mistake in the program; the log has the place.',
    todo: 'Go back to the version before, or mend it; then replay, or send failed bills again.',
  },
  defectLimit: {
    means: 'So many defects came in a row that the pipeline, or the run, stopped.',
    todo: 'Go back to the version before, or mend it; then restart.',
  },
  fenced: {
    means: 'A lease went to another process: this one wrote nothing more.',
    todo: 'Nothing, if it is rare: the other goes on.',
  },
  skipLimit: {
    means: 'A job has put aside more rows than its options allow.',
    todo: 'Look at the reasons in weir job show, mend the rows, run it again.',
  },
  incomplete: {
    means: 'The check of a job found its result, or the work before it, not whole.',
    todo: 'Mend what its text names, run it again.',
  },
  wedged: {
    means: 'A connection gave no sign again and again, however often it was replaced: the process ends.',
    todo: 'Nothing where a service manager starts it again; look at its host if it comes back.',
  },
  cancelled: {
    means: 'A call or a run was cut, by a stop or a close.',
    todo: 'Nothing: it is done again.',
  },
  invalidOption: {
    means: 'An option is wrong.',
    todo: 'Set it as the sentence says; weir config check reads all.',
  },
  invalidKey: {
    means: 'A flag, or the key of a run, is not of the expected form.',
    todo: 'Give it as the sentence says.',
  },
  alreadyCompleted: {
    means: 'The run of this key has completed, and a key completes once.',
    todo: 'Nothing; weir job list has the run.',
  },
  notFound: {
    means: 'What a message or a command names is not there, or a day is in no market calendar.',
    todo: 'Look for a wrong name; of a message, whether the database was restored to an earlier time; of a day, add its year, then replay.',
  },
  schemaMismatch: {
    means: 'The schema of the database is too old or too new for this Weir.',
    todo: 'Run weir migrate, or start the version that fits.',
  },
  portInUse: {
    means: 'Another process has the admin port.',
    todo: 'End that process, or set admin.port to a free one.',
  },
};
