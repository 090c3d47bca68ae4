import { parseArgs } from 'node:util';
import { controlledBank } from './bank/bankControl.ts';
import { BankLedger, type BankAccount } from './bank/bankLedger.ts';
import { understoodRegistration } from './bank/registrations.ts';
import { RegistrationStore, type DecidedRegistration } from './bank/registrationStore.ts';
import { aboutTransfer, understoodTransfer } from './bank/transfers.ts';
import { TransferStore, type Transfer } from './bank/transferStore.ts';
import { Faults } from './faults.ts';
import { pause, type HttpFaults } from './httpFaults.ts';
import { runAlone, startHttpSimulator, type HttpSimulator, type HttpSimulatorOptions } from './httpSimulator.ts';
import { numbered } from './numbered.ts';
import { simulatorFlags, simulatorOptions } from './simulatorFlags.ts';
import { controlledWebhooks, webhookSwitches } from './webhookControl.ts';
import { Webhooks, type WebhookOptions } from './webhooks.ts';

export interface BankOptions extends HttpSimulatorOptions, WebhookOptions {
  /** What a client must bring as bearer token. */
  readonly token: string;
  /** From a transfer's acceptance to its end, in milliseconds. Default 10. */
  readonly executesAfterMs?: number;
  /** The clock by which callbacks are signed. Default: the machine's. */
  readonly now?: () => Date;
}

/** What a bank has and has done, all of one moment. */
export interface BankRecord {
  readonly accounts: readonly BankAccount[];
  /** What it holds for the pooled account; with all balances it is `broughtIn`. */
  readonly pooled: bigint;
  readonly broughtIn: bigint;
  readonly transfers: readonly Transfer[];
  readonly registrations: readonly DecidedRegistration[];
}

/** A bank of several businesses that moves money to and from one pooled account, registers partner accounts, and fails as it is told. */
export interface Bank extends HttpSimulator {
  readonly token: string;
  readonly webhooks: Pick<Webhooks, 'faults' | 'deliveries' | 'sendTo'>;
  /** Opens an account with so much money of its own; one that is there gets that much more, and is open again. */
  openAccount(account: string, balance: bigint): void;
  /** Closes an account: from now on transfers of it are refused. */
  closeAccount(account: string): void;
  /** Refuses to register a partner account of this number, from now on; without a reason it is taken again. */
  refuseNumber(accountNumber: string, reason: string | undefined): void;
  record(): BankRecord;
}

/**
 * Starts a bank; it runs until it is closed. A transfer is carried out once under its key, whatever became of the answer; a refusal
 * stands under its key for ever.
 *
 *     POST /transfers {kind: MOVE_IN | PAY_OUT | RETURN, account, amount: "12000"}, with `Authorization: Bearer …` and `Idempotency-Key`
 *                                     202 {status: ACCEPTED}, carried out a little later; 200 {status: DONE | REFUSED, reason?} for a key
 *                                     that has ended; 422 for another transfer under the key
 *     GET  /transfers/{key}           200 {status: ACCEPTED | DONE | REFUSED, reason?}, or 404
 *     POST /partner-accounts {account, partner, accountNumber}, likewise; 200 {status: REGISTERED | REFUSED, reason?}, the same for ever
 *                                     under the key, 422 for another partner account under it; GET /partner-accounts/{key}: the same, or 404
 *     POST /refused-numbers {accountNumber, reason?}     partner accounts that are refused from now on; without a reason: no more
 *     POST /accounts {account, balance: "0"}, POST /closed-accounts {account}
 *     GET  /record                    accounts, what is pooled, every transfer, every partner account
 *     POST /webhook-url {url}, GET /webhooks                     callbacks {eventId, key, status, reason?}: where to, and what was posted
 *     POST /faults                    an HttpFault or a WebhookFault, aimed `to` an account, a number or a key and `on` a request; DELETE /faults
 *     POST /refuse?forMs=…, POST /accept
 *
 * Reasons: INSUFFICIENT_FUNDS (of the business, or of the pooled account), ACCOUNT_CLOSED, ACCOUNT_UNKNOWN.
 */
export async function startBank(options: BankOptions): Promise<Bank> {
  const { token, now = () => new Date(), seed = 1, executesAfterMs = 10 } = options;
  const ending = new AbortController();
  const ledger = new BankLedger();
  const transfers = new TransferStore(ledger);
  const registrations = new RegistrationStore();
  const faults: HttpFaults = new Faults(seed);
  const webhooks = new Webhooks({ ...options, now, signal: ending.signal });
  const newEvent = numbered('evt');
  const execute = async (accepted: Transfer): Promise<void> => {
    if (!(await pause(executesAfterMs, ending.signal))) return;
    const { key, account, status, reason } = transfers.execute(accepted.key);
    const event = { key, status, ...(reason !== undefined && { reason }) };
    await webhooks.send(aboutTransfer({ account, key }), newEvent(), event);
  };
  const own = {
    openAccount: (account: string, balance: bigint) => ledger.open(account, balance),
    closeAccount: (account: string) => ledger.shut(account),
    refuseNumber: (accountNumber: string, reason: string | undefined) => registrations.refuse(accountNumber, reason),
    record: () => ({
      ...{ accounts: ledger.accounts, pooled: ledger.pooled, broughtIn: ledger.broughtIn },
      ...{ transfers: transfers.record(), registrations: registrations.record() },
    }),
  };
  const simulator = await startHttpSimulator(options, {
    faults,
    switches: webhookSwitches(faults, webhooks),
    token,
    ending,
    control: (asked) => controlledWebhooks(webhooks, asked) ?? controlledBank(own, asked),
    understand: (asked) =>
      asked.parts[0] === 'partner-accounts'
        ? understoodRegistration(asked, registrations)
        : understoodTransfer(asked, transfers, (accepted) => void execute(accepted)),
  });
  return { ...simulator, ...own, token, webhooks };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      ...simulatorFlags,
      port: { type: 'string', default: '8028' },
      'executes-after-ms': { type: 'string', default: '10' },
    },
  });
  runAlone(await startBank({ ...simulatorOptions(values), executesAfterMs: Number(values['executes-after-ms']) }));
}
