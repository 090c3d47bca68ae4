/** The counts of a pipeline as its daemon's /metrics tell them. */
export interface PipelineCounts {
  readonly pipeline: string;
  readonly received: number;
  readonly done: number;
  readonly skipped: number;
  readonly deferred: number;
  readonly dead: number;
  readonly released: number;
  readonly inFlight: number;
}

/** Reads the counts of every pipeline from the text of a scrape. */
export function countsOf(metrics: string): readonly PipelineCounts[] {
  const samples = [...metrics.matchAll(/^(weir_pipeline_\w+)\{([^}]*)\} (\S+)$/gm)].map(([, name = '', labels = '', value = '']) => ({
    name,
    labels: new Map([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', text = '']) => [label, text])),
    value: Number(value),
  }));
  const received = samples.filter(({ name }) => name === 'weir_pipeline_received_total');
  return received.map(({ labels, value }) => {
    const pipeline = labels.get('pipeline') ?? '';
    const sum = (name: string, outcome?: string): number =>
      samples
        .filter((sample) => sample.name === name && sample.labels.get('pipeline') === pipeline)
        .filter((sample) => outcome === undefined || sample.labels.get('outcome') === outcome)
        .reduce((total, sample) => total + sample.value, 0);
    const ended = (outcome: string): number => sum('weir_pipeline_messages_total', outcome);
    return {
      pipeline,
      received: value,
      done: ended('done'),
      skipped: ended('skipped'),
      deferred: ended('deferred'),
      dead: ended('dead'),
      released: ended('released'),
      inFlight: sum('weir_pipeline_in_flight'),
    };
  });
}

/** received = done + skipped + deferred + dead + released + in flight */
export function isLawful({ received, done, skipped, deferred, dead, released, inFlight }: PipelineCounts): boolean {
  return received === done + skipped + deferred + dead + released + inFlight;
}
