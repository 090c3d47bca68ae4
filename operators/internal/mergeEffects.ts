import { Observable, Subscription, type Subscriber } from 'rxjs';
import { Decision, type Answer } from '../../src/message/decision.ts';
import { decide, withValue, type Envelope, type Message, type Open } from '../../src/message/message.ts';
import type { Run } from '../../src/message/run.ts';
import { asStage, type Step } from '../step.ts';
import { answerEach } from './answerEach.ts';
import { Lanes } from './lanes.ts';
import { Gathering } from './gathering.ts';
import { listen } from './listen.ts';
import { Passage } from './passage.ts';
import { putAside } from './putAside.ts';
import { Queue } from './queue.ts';
import { repeating } from './repeating.ts';
import { requireAtLeast } from './requireAtLeast.ts';
import { released, runEffect, turnedBack, type EffectEnd, type EffectPlan } from './runEffect.ts';
import type { Work } from './shares.ts';
import { WaitingLine, type LineEnds } from './waitingLine.ts';
import { Waits } from './waits.ts';

/** What a stage of effects is. `T` comes in, effects act on `V` and make `R`, `P` passes by. */
export interface EffectStage<T, V, P, R> extends EffectPlan<V, R> {
  /** Whether messages of one key wait for each other. */
  readonly isOrdered: boolean;
  /** Hands a message to `act` or to `pass`, at once. */
  route(message: Message<T>, act: (message: Open<V>) => void, pass: (message: Message<P>) => void): void;
}

/**
 * The stage behind `mergeMapEach`, `mergeMapWhen` and `mergeMapByKey`: at most `concurrency` messages claimed or in effect at
 * once; the others wait in line, in lanes by key where the stage is ordered.
 */
export function mergeEffects<T, V, P, R>(stage: EffectStage<T, V, P, R>): Step<T, P | R> {
  const { options } = stage;
  requireAtLeast('concurrency', options.concurrency, 1);
  requireAtLeast('share.concurrency', options.share?.concurrency ?? 1, 1);
  if ((options.limit !== undefined || options.share !== undefined) && options.later === undefined) {
    throw new TypeError(`${stage.stage}: a limit or a share needs \`later\`, the verdict about what it would hold too long.`);
  }
  if (options.gate !== undefined && options.claim !== undefined && options.later === undefined) {
    throw new TypeError(`${stage.stage}: a gate needs \`later\`, the verdict about what was claimed when it closed.`);
  }
  return asStage(
    stage.stage,
    (source) =>
      new Observable<Message<P | R>>((subscriber) => {
        const pool = new EffectPool(stage, subscriber);
        subscriber.add(() => pool.close());
        subscriber.add(options.backlog?.onRoom(() => pool.resume()));
        listen(source, subscriber, pool);
      }),
  );
}

/**
 * One subscription of the stage. A message goes lane → waiting → (timely, when its rate made it wait) → slot: claim, effect,
 * dead letter → out. Everything is started and emitted from `#pump`, which never runs inside itself, so effects that end
 * synchronously and emissions that cause input do not nest.
 */
class EffectPool<T, V, P, R> {
  readonly #stage: EffectStage<T, V, P, R>;
  readonly #subscriber: Subscriber<Message<P | R>>;
  readonly #lanes = new Lanes<T>();
  /** Keys of which a message was given back: what follows it must not overtake it. Filled only while the run drains. */
  readonly #releasedKeys = new Set<string>();
  readonly #out = new Queue<Message<P | R>>();
  readonly #inSlots = new Subscription();
  #run: Run | undefined;
  #waits: Waits | undefined;
  #line: WaitingLine<V, R> | undefined;
  #passage: Passage | undefined;
  #gathering: Gathering | undefined;
  #slotsTaken = 0;
  #unfinished = 0;
  #isClaiming = false;
  #isCut = false;
  #isPumping = false;
  #isDone = false;

  constructor(stage: EffectStage<T, V, P, R>, subscriber: Subscriber<Message<P | R>>) {
    this.#stage = stage;
    this.#subscriber = subscriber;
  }

  next(message: Message<T>): void {
    this.#attach(message.envelope.run);
    this.#unfinished++;
    if (!this.#stage.isOrdered || this.#lanes.enter(message)) this.#admit(message);
    this.#pump();
  }

  complete(): void {
    this.#isDone = true;
    this.#pump();
  }

  /** Begins what had to wait. */
  resume(): void {
    this.#pump();
  }

  /** Ends every wait and aborts every effect; nothing begins any more. */
  readonly close = (): void => {
    this.#isCut = true;
    this.#run?.signal.removeEventListener('abort', this.close);
    this.#waits?.close();
    this.#inSlots.unsubscribe();
    this.#passage?.close();
    this.#gathering?.beginAnew();
  };

  #attach(run: Run): Waits {
    if (this.#waits !== undefined) return this.#waits;
    this.#run = run;
    this.#waits = new Waits(run);
    this.#line = new WaitingLine(this.#stage.options, this.#lineEnds(), run, this.#waits);
    this.#passage = new Passage(this.#stage.options.gate, run, () => this.#pump());
    const { claim, claimWaitMs } = this.#stage.options;
    this.#gathering = new Gathering(run, claim === undefined ? 0 : (claimWaitMs ?? 0), () => this.#pump());
    run.signal.addEventListener('abort', this.close);
    if (run.signal.aborted) this.close();
    return this.#waits;
  }

  #admit(message: Message<T>): void {
    this.#stage.route(
      message,
      (open) => {
        if (this.#releasedKeys.has(open.envelope.key)) this.#release(open);
        else this.#line?.push(open);
      },
      (other) => this.#out.push(other),
    );
  }

  #release(message: Open<V>): void {
    this.#out.push(decide(message, 'released', 'the run drains'));
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.#subscriber.closed && (this.#emitOne() || this.#startSome()));
    this.#isPumping = false;
    if (this.#isDone && this.#unfinished === 0) this.#subscriber.complete();
  }

  #emitOne(): boolean {
    const message = this.#out.shift();
    if (message === undefined) return false;
    this.#unfinished--;
    if (this.#stage.isOrdered) {
      const { key } = message.envelope;
      if (message.outcome === 'released') this.#releasedKeys.add(key);
      const next = this.#lanes.leave(key);
      if (next !== undefined) this.#admit(next);
    }
    this.#subscriber.next(message);
    return true;
  }

  /** Begins what can begin; false when nothing came of it. */
  #startSome(): boolean {
    const { claim, backlog, concurrency } = this.#stage.options;
    if (this.#isCut || this.#isClaiming || backlog?.isFull() === true) return false;
    const free = concurrency - this.#slotsTaken;
    if (this.#gathering?.isOver(free, concurrency / 2) === false) return false;
    const works: Work<V>[] = [];
    const most = claim === undefined ? 1 : Infinity;
    while (works.length < Math.min(most, concurrency - this.#slotsTaken)) {
      const work = this.#nextWork();
      if (work === undefined) break;
      works.push(work);
    }
    if (works.length === 0) return !this.#out.isEmpty;
    this.#slotsTaken += works.length;
    if (claim === undefined) works.forEach((work) => this.#startEffect(work));
    else this.#startClaim(works, claim);
    return true;
  }

  /** The next message that may start now, let in by the gate. While that is closed, a run that drains gets what waits before it back. */
  #nextWork(): Work<V> | undefined {
    if (this.#passage?.isOpen() === false) {
      if (this.#run?.draining.aborted) this.#line?.releaseAll();
      return undefined;
    }
    const work = this.#line?.next();
    if (work !== undefined) this.#passage?.enter(work.message.envelope);
    return work;
  }

  #lineEnds(): LineEnds<V, R> {
    return {
      wake: () => this.#pump(),
      end: (message, answer) => this.#endWithoutStart(message, answer),
      release: (message) => this.#release(message),
    };
  }

  #endWithoutStart(message: Open<V>, end: Answer<R>): void {
    this.#slotsTaken++;
    this.#end(message, end);
  }

  #startClaim(works: readonly Work<V>[], claim: NonNullable<EffectStage<T, V, P, R>['options']['claim']>): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#isClaiming = true;
    this.#gathering?.beginAnew();
    const { stage, options } = this.#stage;
    const messages = works.map((work) => work.message);
    const answering = repeating(stage, run, options.repeatClaim, () => answerEach(`${stage} claim`, messages, claim)).subscribe({
      next: (answers) => {
        this.#isClaiming = false;
        answers.forEach((answer, at) => {
          const work = works[at];
          if (work === undefined) return;
          if (Decision.is(answer)) this.#end(work.message, answer);
          else this.#startEffect({ message: withValue(work.message, answer), heldMs: work.heldMs });
        });
        this.#pump();
      },
      error: (error: unknown) => this.#subscriber.error(error),
    });
    this.#inSlots.add(answering);
  }

  #startEffect({ message, heldMs }: Work<V>): void {
    const passage = this.#passage;
    if (this.#isCut || passage === undefined) return;
    const { run } = message.envelope;
    const startedMs = run.clock.elapsedMs();
    const effect = runEffect(this.#stage, {
      value: message.value,
      envelope: message.envelope,
      run,
      waits: this.#attach(run),
      heldMs,
      entry: passage.entryOf(message.envelope),
      troubled: () => this.#line?.troubled(message),
      answered: () => this.#line?.answered(message),
    }).subscribe({
      next: (end) => {
        run.measure(this.#stage.stage, (run.clock.elapsedMs() - startedMs) / 1000, 1);
        this.#end(message, end);
      },
      error: (error: unknown) => this.#subscriber.error(error),
    });
    this.#inSlots.add(effect);
  }

  /** Ends a message that holds a slot, and frees the slot once that is durable. */
  #end(message: Open<V>, end: EffectEnd<R>): void {
    if (end === turnedBack) this.#turnBack(message);
    else if (Decision.is(end) && end.outcome === 'dead') this.#bury(message, end.error);
    else if (Decision.is(end)) this.#free(decide(message, end.outcome, end.reason));
    else if (end === released) this.#free(decide(message, 'released', 'the run drains'));
    else this.#free(withValue(message, end));
  }

  #bury(message: Open<V>, error: unknown): void {
    const burial = putAside(message, this.#stage.stage, error).subscribe({
      next: (decided) => this.#free(decided),
      error: (failure: unknown) => this.#subscriber.error(failure),
    });
    this.#inSlots.add(burial);
  }

  #free(message: Message<R>): void {
    this.#leaveSlot(message.envelope);
    this.#out.push(message);
    this.#pump();
  }

  /** The gate was closed behind it: it waits before the gate again, ahead of what has not been in. */
  #turnBack(message: Open<V>): void {
    this.#leaveSlot(message.envelope);
    this.#line?.takeBack(message);
    this.#pump();
  }

  #leaveSlot(envelope: Envelope): void {
    this.#slotsTaken--;
    this.#line?.leave(envelope);
    this.#passage?.leave(envelope);
  }
}
