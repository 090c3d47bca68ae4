import { map, type Observable, type ObservableInput } from 'rxjs';
import { WeirError } from '../../src/errors.ts';
import { dead, type Answer } from '../../src/message/decision.ts';
import type { Open } from '../../src/message/message.ts';
import { firstAnswer } from './firstAnswer.ts';
import { halve } from './halve.ts';

/**
 * Asks `project`, in the name of a stage, for all messages in one call and emits an answer for each, in their order. An answer of another length is a
 * defect of that call; a permanent error or a defect is narrowed down by halves to its message, which is answered `dead`.
 */
export function answerEach<T, R>(
  stage: string,
  messages: readonly Open<T>[],
  project: (values: readonly T[]) => ObservableInput<readonly Answer<R>[]>,
): Observable<readonly Answer<R>[]> {
  return halve<Open<T>, Answer<R>>(
    messages,
    (part) => answerAll(stage, part, project),
    (_message, error) => dead(error),
  );
}

function answerAll<T, R>(
  stage: string,
  messages: readonly Open<T>[],
  project: (values: readonly T[]) => ObservableInput<readonly Answer<R>[]>,
): Observable<readonly Answer<R>[]> {
  const [first] = messages;
  if (first === undefined) throw new WeirError('defect', 'A call without messages was about to be made.');
  const { run } = first.envelope;
  const answers$ = firstAnswer(run, () => run.within(stage, messages, () => project(messages.map((message) => message.value))));
  return answers$.pipe(
    map((answers) => {
      if (answers.length === messages.length) return answers;
      throw new WeirError('defect', `${answers.length} answers came for ${messages.length} messages; one for each was expected.`);
    }),
  );
}
