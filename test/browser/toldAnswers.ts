import type { Json } from '../../src/runtime/jobs/job.ts';

const now = '2026-11-22T05:00:00.000Z';
const wave = (size: number): readonly number[] => Array.from({ length: 60 }, (_, at) => size * (1 + Math.sin(at / 5)) + (at % 7));

function pipeline(name: string, changes: object = {}): { readonly [field: string]: Json } {
  return {
    ...{ pipeline: name, profile: 'consumer', state: 'running', reason: null, waitsFor: null, pausedBy: null, pausedAt: null },
    ...{ pausedBecause: null, rate: 812.4, lag: 0, inFlight: 42, oldestSeconds: 0.4, retries: 0, dead: 0, history: wave(300) },
    ...(changes as { readonly [field: string]: Json }),
  };
}

const overview = {
  ...{ instance: 'weir-1@host-7', now, startedAt: '2026-11-21T23:12:00.000Z', isHeld: false },
  attention: [
    {
      ...{ level: 'page', text: 'remittance.bankCalls has failed for good: the others go on', view: '#/pipelines/remittance.bankCalls' },
      since: '2026-11-22T04:49:49.000Z',
    },
    { level: 'ticket', text: '1,204 dead letters are open', view: '#/dead-letters', since: null },
    { level: 'ticket', text: '2 payments wait for a person', view: '#/payments?show=parked', since: null },
    {
      ...{ level: 'ticket', view: '#/schedules', since: null },
      text: 'accounting.cumulativeReport is off by schedules.accounting.cumulativeReport.enabled: what it would run is skipped',
    },
  ],
  pipelines: [
    pipeline('remittance.bankCalls', {
      ...{
        state: 'failed',
        reason: 'ten defects in a row',
        rate: null,
        lag: 31_204,
        inFlight: null,
        oldestSeconds: 4_211,
        dead: 10,
        history: wave(0),
      },
    }),
    pipeline('billing.deliver', {
      state: 'backingOff',
      waitsFor: 'the mail server refuses connections',
      rate: 0,
      lag: 102_331,
      oldestSeconds: 181,
      retries: 12,
    }),
    pipeline('billing.deliverSms', {
      ...{
        state: 'paused',
        pausedBy: 'kim',
        pausedAt: '2026-11-22T04:10:00.000Z',
        pausedBecause: 'the provider asked for it',
        rate: 0,
        history: [],
      },
    }),
    pipeline('payments.notify'),
    pipeline('deposits.stage', { rate: 12_231, history: wave(9_000), inFlight: 1_000 }),
    pipeline('account-links.register', {
      state: 'not in this daemon',
      rate: null,
      lag: null,
      inFlight: null,
      oldestSeconds: null,
      retries: null,
      dead: null,
      history: [],
    }),
  ],
  jobs: [
    {
      ...{
        job: 'billing.settle',
        profile: 'producer',
        open: 1,
        status: 'RUNNING',
        key: '2026-11',
        run: '17',
        rowsRead: 412_000,
        total: 1_000_000,
      },
      ...{ rowsPerSecond: 48_211, etaSeconds: 95, endedAt: null, history: wave(40_000) },
    },
    {
      ...{
        job: 'deposits.settle',
        profile: 'producer',
        open: 0,
        status: 'FAILED',
        key: '2026-11-20',
        run: '16',
        rowsRead: 120,
        total: 4_000,
      },
      ...{ rowsPerSecond: null, etaSeconds: null, endedAt: '2026-11-22T04:00:00.000Z', history: [] },
    },
    {
      ...{
        job: 'payments.reconcile',
        profile: 'producer',
        open: 0,
        status: 'COMPLETED',
        key: '2026-11-22T13:59',
        run: '15',
        rowsRead: 12,
        total: 12,
      },
      ...{ rowsPerSecond: null, etaSeconds: null, endedAt: '2026-11-22T04:59:04.000Z', history: wave(1) },
    },
    {
      ...{ job: 'accounting.cumulative', profile: 'producer', open: 0, status: null, key: null, run: null, rowsRead: null, total: null },
      ...{ rowsPerSecond: null, etaSeconds: null, endedAt: null, history: [] },
    },
  ],
  schedules: [
    { schedule: 'billing.dispatch', isLate: false, nextAt: '2026-11-22T06:00:00.000Z' },
    { schedule: 'deposits.settle', isLate: true, nextAt: '2026-11-22T15:00:00.000Z' },
  ],
  dependencies: [
    { name: 'PostgreSQL', state: 'open' },
    { name: 'Redis', state: 'open' },
    { name: 'mail server', state: 'shut' },
    { name: 'bank', state: 'trying' },
  ],
};

const run = {
  ...{
    run: '17',
    job: 'billing.settle',
    key: '2026-11',
    status: 'RUNNING',
    rowsRead: 412_000,
    total: 1_000_000,
    skipped: 2,
    rowsPerSecond: 48_211,
  },
  ...{ etaSeconds: 95, begunAt: '2026-11-22T04:58:00.000Z', endedAt: null, failureCode: null, failure: null, partitions: 3, completed: 1 },
};

const failedRun = {
  ...{
    ...run,
    run: '16',
    job: 'deposits.settle',
    key: '2026-11-20',
    status: 'FAILED',
    rowsRead: 120,
    total: 4_000,
    skipped: 0,
    rowsPerSecond: null,
  },
  ...{
    etaSeconds: null,
    endedAt: '2026-11-22T04:59:10.000Z',
    failureCode: 'incomplete',
    failure: 'The sum of the ledger is not that of the balances.',
  },
};

const letters = Array.from({ length: 20 }, (_, at) => ({
  ...{
    position: `17637900000${String(at).padStart(2, '0')}-0`,
    state: 'OPEN',
    pipeline: 'billing.deliver',
    stage: 'decode',
    code: 'undecodable',
  },
  ...{ attempts: 1, diedAt: '2026-11-22T03:11:09.000Z' },
}));

const groups = [
  {
    ...{
      topic: 'queuing.billing.email.send',
      pipeline: 'billing.deliver',
      stage: 'decode',
      code: 'undecodable',
      open: 1_204,
      replaying: 0,
    },
    ...{ replayed: 96, discarded: 3, firstAt: '2026-11-21T01:00:00.000Z', lastAt: '2026-11-22T03:11:09.000Z', upTo: '1763790000099-0' },
  },
  {
    ...{ topic: 'payments.notice', pipeline: 'payments.notify', stage: 'send', code: 'exhausted', open: 0, replaying: 0 },
    ...{ replayed: 2, discarded: 0, firstAt: '2026-11-21T01:00:00.000Z', lastAt: '2026-11-22T03:11:09.000Z', upTo: '1763790000099-0' },
  },
];

const bill = {
  ...{ bill: '783261098765432101', billNumber: 'BILL-783-261-098', month: '2026-11', state: 'PARKED', channel: null, status: 'OPEN' },
  ...{ sendOn: '2026-11-15', feeMinor: '63200', nextAttemptAt: null, parkReason: 'LEASE_LOST', failCode: null },
  attempts: [
    {
      ...{ number: 1, channel: 'EMAIL', result: 'UNKNOWN', code: 'outcomeUnknown', isForced: false, startedAt: '2026-11-15T00:01:02.000Z' },
      ...{ endedAt: '2026-11-15T00:03:02.000Z', instance: 'weir-1', response: null },
    },
  ],
  failures: [
    { code: 'outcomeUnknown', error: 'the connection was lost after DATA', failedAt: '2026-11-15T00:03:02.000Z', origin: 'deliver' },
  ],
  messageId: '<783261098765432101.2026-11@weir.example>',
};

const payment = {
  ...{ payment: '9001', order: '5001', method: 'card', paymentNumber: 'P-2026-9001', amountMinor: '12000', status: 'PENDING' },
  ...{ parkReason: 'AMOUNT_MISMATCH', createdAt: '2026-11-22T04:00:00.000Z', nextAskAt: null },
};

/** What a daemon with some trouble answers to every question of the page. */
export const toldAnswers: Readonly<Record<string, Json>> = {
  'overview.show': overview,
  'pipelines.show': {
    ...pipeline('billing.deliver', {
      state: 'paused',
      pausedBy: 'kim',
      pausedAt: '2026-11-22T04:10:00.000Z',
      pausedBecause: 'the mail server is changed',
    }),
    stages: [
      { stage: 'decode', calls: 412, messages: 40_211, meanMs: 0.02, p50Ms: 0.01, p99Ms: 0.2, retries: 0 },
      { stage: 'send', calls: 40_120, messages: 40_120, meanMs: 61.2, p50Ms: 44, p99Ms: 1_204, retries: 12 },
      { stage: 'record', calls: 812, messages: 40_109, meanMs: 5.1, p50Ms: 4.2, p99Ms: 31, retries: 0 },
    ],
    ...{ windowSize: 1_000, reads: 'queuing.billing.email.send as cg-billing-email-send, 3 of 3 partitions', source: 'reading' },
    partitions: [
      { partition: 0, watermark: '1763790000099-0', newestRead: '1763790012001-4', open: 40, standsSeconds: 0 },
      { partition: 1, watermark: '1763790000101-0', newestRead: '1763790012001-9', open: 2, standsSeconds: 181 },
    ],
    errors: [{ stage: 'decode', code: 'undecodable', count: 91 }],
    counts: { received: 40_300, done: 40_109, skipped: 0, deferred: 58, dead: 91, released: 0, inFlight: 42 },
  },
  'job.list': { runs: [run, failedRun] },
  'job.show': {
    ...run,
    partitionRows: [
      {
        ...{ name: 'members 0', state: 'COMPLETED', rowsRead: 333_000, total: 333_000, rowsPerSecond: null, etaSeconds: null },
        ...{ rowsSkipped: 0, holder: null, failures: 0, failure: null },
      },
      {
        ...{ name: 'members 1', state: 'RUNNING', rowsRead: 79_000, total: 333_000, rowsPerSecond: 24_000, etaSeconds: 11 },
        ...{ rowsSkipped: 2, holder: 'weir-1', failures: 1, failure: 'conflict: deadlock detected' },
      },
    ],
    skips: [
      {
        partition: 'members 1',
        position: '1017',
        stage: 'settle',
        code: 'decryption',
        reason: 'the details do not open',
        skippedAt: '2026-11-22T04:58:30.000Z',
        resolvedAt: null,
      },
    ],
  },
  'schedule.list': {
    schedules: [
      {
        ...{
          schedule: 'billing.dispatch',
          job: 'billing.dispatch',
          profile: 'producer',
          cron: '0 15 15,21 * *',
          zone: 'Asia/Seoul',
          isEnabled: true,
          offBy: null,
        },
        ...{
          pausedBy: null,
          pausedAt: null,
          pausedBecause: null,
          nextAt: '2026-12-15T06:00:00.000Z',
          lastAt: '2026-11-21T06:00:00.000Z',
          lastState: 'COMPLETED',
          lastRun: '12',
        },
        ...{ lastReason: null, lateSince: null, missed: 0, keyNow: '2026-11-22' },
      },
      {
        ...{
          schedule: 'deposits.settle',
          job: 'deposits.settle',
          profile: 'producer',
          cron: '0 0 * * *',
          zone: 'Asia/Seoul',
          isEnabled: true,
          offBy: null,
        },
        ...{
          pausedBy: 'lee',
          pausedAt: '2026-11-21T09:00:00.000Z',
          pausedBecause: 'the bank is closed',
          nextAt: null,
          lastAt: '2026-11-20T15:00:00.000Z',
          lastState: 'FAILED',
          lastRun: '16',
        },
        ...{ lastReason: null, lateSince: '2026-11-20T15:00:00.000Z', missed: 1, keyNow: '2026-11-22' },
      },
      {
        ...{
          schedule: 'accounting.cumulativeReport',
          job: 'accounting.cumulativeReport',
          profile: 'accounting',
          cron: '0 8 * * *',
          zone: 'Asia/Seoul',
          isEnabled: false,
          offBy: 'schedules.accounting.cumulativeReport.enabled',
        },
        ...{ pausedBy: 'lee', pausedAt: '2026-11-21T09:00:00.000Z', pausedBecause: 'the disk is changed', nextAt: null },
        ...{ lastAt: '2026-11-20T23:00:00.000Z', lastState: 'SKIPPED', lastRun: null, lastReason: 'the schedule is disabled' },
        ...{ lateSince: null, missed: 0, keyNow: '2026-11-21' },
      },
    ],
  },
  'dead-letters.list': { groups, letters },
  'dead-letters.show': {
    ...{
      position: letters[0]?.position ?? '',
      state: 'OPEN',
      pipeline: 'billing.deliver',
      stage: 'decode',
      code: 'undecodable',
      text: 'expected a dispatched bill, got version 9',
    },
    ...{
      attempts: 1,
      diedAt: '2026-11-22T03:11:09.000Z',
      readFrom: 'queuing.billing.email.send 1763780000000-0',
      key: '1001',
      sizeBytes: 211,
    },
    content: {
      version: 9,
      billId: '783261098765432101',
      email: 'text (22 characters)',
      lines: [{ amount: 1_200, name: 'text (4 characters)' }],
    },
    headers: [{ name: 'trace', value: 'text (32 characters)' }],
  },
  'dead-letters.progress': [
    {
      ...{
        replay: '3',
        topic: 'queuing.billing.email.send',
        state: 'RUNNING',
        selected: 1_000,
        replayed: 640,
        refused: 2,
        gone: 0,
        perSecond: 50,
      },
      ...{ actor: 'kim', begunAt: '2026-11-22T04:59:00.000Z', finishedAt: null },
    },
  ],
  'billing.find': {
    members: [
      {
        ...{ publicInfoId: '1001', name: '홍**', email: 'g***@example.com', phone: '010-****-5678', sendDay: 15 },
        ...{
          quietHours: '22:00:00 to 08:00:00 Asia/Seoul',
          bills: [bill, { ...bill, bill: '783261098765432000', month: '2026-10', state: 'COMPLETED', parkReason: null, failures: [] }],
        },
      },
    ],
  },
  'billing.unknown': {
    parked: 1,
    bills: [
      {
        ...{
          bill: bill.bill,
          billNumber: bill.billNumber,
          month: '2026-11',
          publicInfoId: '1001',
          channel: 'EMAIL',
          why: 'LEASE_LOST',
          attempt: 1,
        },
        ...{ instance: 'weir-1', startedAt: '2026-11-15T00:01:02.000Z', parkedAt: '2026-11-15T00:03:02.000Z', messageId: bill.messageId },
      },
    ],
  },
  'billing.preview': {
    ...{ subject: '2026년 11월 이용요금', to: 'g***@example.com', text: 'text' },
    html: '<html><head><style>.soft { color: rgb(1, 2, 3) }</style></head><body style="margin: 0"><p class="soft" style="font-size: 20px">63,200원</p></body></html>',
  },
  'billing.look': {
    ...{
      name: '홍길동',
      email: 'gildong@example.com',
      phone: '010-1234-5678',
      bill: bill.bill,
      subject: 'your bill',
      to: 'gildong@example.com',
    },
    ...{ html: '<p style="font-size: 20px">63,200</p>', text: '63,200' },
  },
  'payments.list': {
    payments: [
      { ...payment, refundStatus: null, refundParkReason: null },
      { ...payment, payment: '9002', order: '5002', parkReason: null },
    ],
    next: null,
  },
  'payments.show': {
    order: { order: '5001', status: 'PENDING', failCode: null, amountMinor: '12000', createdAt: '2026-11-22T04:00:00.000Z', endedAt: null },
    items: [{ product: '7', name: '요금제 5G', quantity: '1' }],
    payments: [
      { ...payment, transactionKey: 'tx-9001', capturedMinor: '11000', failCode: null, asks: 3, isGivenBack: false, endedAt: null },
    ],
    refunds: [
      {
        ...{
          payment: '9001',
          amountMinor: '12000',
          transactionKey: 'tx-9001',
          reason: 'ORDER_ENDED',
          status: 'PARKED',
          parkReason: 'closed',
        },
        ...{ requestedAt: '2026-11-22T04:10:00.000Z', nextAskAt: null, endedAt: null },
      },
    ],
  },
  'remittance.list': {
    remittances: [
      {
        number: '77',
        state: 'RETURNING',
        amountMinor: '500000',
        requestedAt: '2026-11-22T03:10:00Z',
        stateSince: '2026-11-22T03:11:00Z',
        failCode: 'CLOSED',
        parkReason: 'BANK_CONTRADICTS_ITSELF',
      },
      {
        number: '78',
        state: 'COMPLETED',
        amountMinor: '1200',
        requestedAt: '2026-11-22T03:12:00Z',
        stateSince: '2026-11-22T03:12:04Z',
        failCode: null,
        parkReason: null,
      },
    ],
    next: '78',
  },
  'remittance.show': {
    ...{
      number: '77',
      state: 'RETURNING',
      amountMinor: '500000',
      requestedAt: '2026-11-22T03:10:00Z',
      stateSince: '2026-11-22T03:11:00Z',
      failCode: 'CLOSED',
      parkReason: null,
      notTriedAgain: null,
    },
    ...{ from: '•••• 1234', to: '•••• 9876' },
    states: [
      { state: 'REQUESTED', at: '2026-11-22T03:10:00Z' },
      { state: 'RETURNING', at: '2026-11-22T03:11:00Z' },
    ],
    records: [{ record: 'DEPOSIT', amountMinor: '500000', debit: 'BIZ', credit: 'POOL', at: '2026-11-22T03:10:20Z' }],
    calls: [
      {
        ...{
          call: '801',
          kind: 'MOVE_IN',
          seq: 1,
          key: 'rm-77-in-1',
          status: 'DONE',
          reason: null,
          tries: 1,
          asks: 0,
          madeAt: '2026-11-22T03:10:00Z',
        },
        ...{ nextAskAt: null, endedAt: '2026-11-22T03:10:20Z', bookedAt: '2026-11-22T03:10:20Z' },
      },
    ],
    failures: [
      {
        step: 'call 802',
        code: 'refused',
        error: 'account is closed',
        tries: 2,
        failedAt: '2026-11-22T03:12:00Z',
        nextTryAt: null,
        parkReason: null,
        endedAt: null,
      },
    ],
  },
  'remittance.check': {
    ...{ result: 'the books are right', accounts: 4, remittances: 78, sumMinor: '0', findings: [] },
    ourAccounts: [{ account: 'POOL', ledgerMinor: '130000', explainedMinor: '130000', unbookedMinor: '0', unexplainedMinor: '0' }],
    pooledAccount: {
      ledgerMinor: '130000',
      movedInUnbookedMinor: '0',
      paidOutUnbookedMinor: '0',
      bankShouldHoldMinor: '130000',
      underWayMinor: '12000',
    },
  },
  'account-links.list': {
    links: [
      {
        ...{
          link: '41',
          account: 'acc-1001',
          partner: 'KAKAO',
          request: 'r-1',
          status: 'REGISTERING',
          since: '2026-11-22T03:00:00Z',
          failCode: null,
        },
        ...{ failedWith: 'outcomeUnknown', tries: 3, nextTryAt: null, parkReason: 'LOST' },
      },
    ],
    next: null,
  },
  'account-links.show': {
    ...{
      link: '41',
      account: 'acc-1001',
      partner: 'KAKAO',
      request: 'r-1',
      status: 'REGISTERING',
      since: '2026-11-22T03:00:00Z',
      failCode: null,
    },
    ...{
      failedWith: 'outcomeUnknown',
      tries: 3,
      nextTryAt: null,
      parkReason: 'LOST',
      accountNumber: '•••• 4321',
      key: 'al-41',
      requestedAt: '2026-11-22T02:59:00Z',
      leaseUntil: null,
    },
    failures: [
      {
        request: 'r-1',
        kind: 'REGISTER',
        code: 'outcomeUnknown',
        error: 'no answer',
        key: 'al-41',
        tries: 3,
        failedAt: '2026-11-22T03:01:00Z',
        nextTryAt: null,
        parkReason: 'LOST',
        endedAt: null,
      },
    ],
  },
  'deposits.show': {
    ...{ user: '1', balance: '1200300', version: '7', balanceInRedis: '1200300' },
    staged: [{ day: '2026-11-24', balance: '1200000', balanceInRedis: '1200000' }],
    rows: [{ fill: 'f-1', kind: 'TRADE', amount: '-300', dueOn: '2026-11-24', appliedOn: null }],
  },
  'deposits.check': {
    ...{ result: 'all balances are right', accounts: 12, notTheSum: 0, differentInRedis: 0, behindInRedis: 0, balanceMissing: 0 },
    findings: [],
  },
  'deposits.aside': {
    aside: [{ id: '1', key: 'user:1:batch_balance:2026-11-24', value: 'abc', reason: 'not a number', foundAt: '2026-11-22T03:01:00Z' }],
    next: null,
  },
  'audit.list': [
    {
      ...{ id: '12', at: '2026-11-22T04:10:00.000Z', actor: 'kim', role: 'operator', action: 'pipelines.pause', target: 'billing.deliver' },
      ...{
        reason: 'the mail server is changed',
        input: { pipeline: 'billing.deliver' },
        result: { pipeline: 'billing.deliver', state: 'paused' },
      },
    },
  ],
};
