-- Bills: members and their usage, one bill a member and month, what became of each mail.
-- Amounts are integer minor units. Business times come as parameters; leases use clock_timestamp().
CREATE SCHEMA billing;

-- name, email and phone are ciphertexts; email_index is a keyed hash that finds a member by e-mail, email_domain the part of
-- the address that the rate limit of a destination needs before the address itself is read.
-- bucket divides members into the four partitions of a settlement; stored, so that each is one range of an index.
-- The hash is widened before mod: int4 has no absolute value of -2147483648.
CREATE TABLE billing.member (
  public_info_id bigint PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  phone text NOT NULL,
  email_index text NOT NULL,
  email_domain text NOT NULL,
  birth_date date,
  joined_date date NOT NULL,
  contract_months smallint NOT NULL,
  addon_grade smallint NOT NULL,
  family_lines smallint NOT NULL,
  send_day smallint NOT NULL,
  dnd_start time(0),
  dnd_end time(0),
  zone text NOT NULL DEFAULT 'Asia/Seoul',
  bucket smallint NOT NULL GENERATED ALWAYS AS (mod(hashint8(public_info_id)::bigint + 2147483648, 4)) STORED,
  CONSTRAINT member_contract CHECK (contract_months >= 0),
  CONSTRAINT member_addon CHECK (addon_grade >= 0),
  CONSTRAINT member_family CHECK (family_lines >= 1),
  CONSTRAINT member_send_day CHECK (send_day IN (15, 21)),
  CONSTRAINT member_dnd_both_or_none CHECK ((dnd_start IS NULL) = (dnd_end IS NULL))
);
CREATE INDEX member_bucket ON billing.member (bucket, public_info_id);
CREATE INDEX member_email_index ON billing.member (email_index);

-- A month of usage as it is billed: open -> closing (closing_at) -> closed (closed_at, the same moment). Writers of usage hold
-- open periods FOR KEY SHARE and write into one of them. A closing period takes no new writers; it is closed when FOR UPDATE has
-- waited for the last one, and from then on no writer adds to it. What arrives later goes on the next bill.
CREATE TABLE billing.billing_period (
  period date PRIMARY KEY,
  closing_at timestamptz,
  closed_at timestamptz,
  CONSTRAINT billing_period_first_of_month CHECK (period = date_trunc('month', period)),
  CONSTRAINT billing_period_closed_as_begun CHECK (closed_at IS NULL OR (closed_at = closing_at) IS TRUE)
);

-- period is the month it is billed in, assigned at insertion; used_on the day it happened. Amounts are not checked here: what
-- another system sends is kept as it came, and settlement skips, with a reason, what cannot be billed.
CREATE TABLE billing.usage (
  period date NOT NULL,
  id bigint NOT NULL,
  public_info_id bigint NOT NULL,
  used_on date NOT NULL,
  service text NOT NULL,
  description text NOT NULL,
  quantity bigint NOT NULL,
  amount_minor bigint NOT NULL,
  PRIMARY KEY (public_info_id, id, period),
  CONSTRAINT usage_period_first_of_month CHECK (period = date_trunc('month', period))
) PARTITION BY RANGE (period);

-- send_status: CREATED -> SEND_PENDING -> SENDING -> COMPLETED | FAILED, IN_QUIET_HOUR on the way; parked = SENDING with a
-- park_reason instead of a lease. billing_date is Seoul wall time: a timestamptz midnight would fall into the previous month
-- on a server in UTC.
CREATE TABLE billing.billing_p (
  id bigint NOT NULL,
  billing_date timestamp NOT NULL,
  public_info_id bigint NOT NULL,
  send_on date NOT NULL,
  usage_id bigint NOT NULL,
  billing_fee bigint NOT NULL,
  status text NOT NULL DEFAULT 'UNPAID',
  send_status text NOT NULL DEFAULT 'CREATED',
  paid_date timestamptz,
  billing_details jsonb NOT NULL,
  pending_since timestamptz,
  next_attempt_at timestamptz,
  quiet_override boolean NOT NULL DEFAULT false,
  attempts smallint NOT NULL DEFAULT 0,
  send_token bigint,
  lease_owner text,
  lease_until timestamptz,
  park_reason text,
  sent_channel text,
  fail_code text,
  PRIMARY KEY (id, billing_date),
  CONSTRAINT billing_one_per_member_and_month UNIQUE (public_info_id, billing_date),
  CONSTRAINT billing_date_first_of_month CHECK (billing_date = date_trunc('month', billing_date)),
  CONSTRAINT billing_send_on_after_settlement CHECK (send_on >= billing_date),
  CONSTRAINT billing_fee_is_final_amount CHECK ((billing_fee >= 0 AND billing_fee = (billing_details ->> 'finalAmount')::bigint) IS TRUE),
  CONSTRAINT billing_status CHECK (status IN ('UNPAID', 'PAID')),
  CONSTRAINT billing_paid_has_date CHECK ((status = 'PAID') = (paid_date IS NOT NULL)),
  CONSTRAINT billing_send_status
    CHECK (send_status IN ('CREATED', 'SEND_PENDING', 'SENDING', 'IN_QUIET_HOUR', 'COMPLETED', 'FAILED')),
  CONSTRAINT billing_pending_has_since CHECK (send_status <> 'SEND_PENDING' OR pending_since IS NOT NULL),
  CONSTRAINT billing_quiet_has_time CHECK (send_status <> 'IN_QUIET_HOUR' OR next_attempt_at IS NOT NULL),
  CONSTRAINT billing_only_waiting_has_time CHECK (next_attempt_at IS NULL OR send_status IN ('IN_QUIET_HOUR', 'SEND_PENDING')),
  CONSTRAINT billing_sending_has_token CHECK ((send_status = 'SENDING') = (send_token IS NOT NULL)),
  CONSTRAINT billing_sending_has_lease_or_reason
    CHECK ((send_status = 'SENDING')::int = (lease_until IS NOT NULL)::int + (park_reason IS NOT NULL)::int),
  CONSTRAINT billing_lease_has_owner CHECK ((lease_until IS NULL) = (lease_owner IS NULL)),
  CONSTRAINT billing_completed_has_channel CHECK ((send_status = 'COMPLETED') = (sent_channel IS NOT NULL)),
  CONSTRAINT billing_channel CHECK (sent_channel IN ('EMAIL', 'SMS')),
  CONSTRAINT billing_failed_has_code CHECK ((send_status = 'FAILED') = (fail_code IS NOT NULL))
) PARTITION BY RANGE (billing_date);
-- What is looked for by state, and by time within it, in the order of pages. Times come last: they are compared within the index, so
-- that passing over a month of bills that are not due or not lost reads none of them. A time that is waited for is in an index of its
-- own, since it is looked for in more than one state; a new bill is not in it, so it costs settlement nothing.
CREATE INDEX billing_p_send_status ON billing.billing_p (send_status, billing_date, id, pending_since);
CREATE INDEX billing_p_waiting ON billing.billing_p (billing_date, id, next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- The lines of a bill: copies of the usage it was made of.
-- No foreign key to the bill: checking it for each line costs more than writing the line. Both are written by one transaction, and
-- the settlement ends with a comparison of all bills with their lines.
CREATE TABLE billing.billing_detail_p (
  billing_id bigint NOT NULL,
  usage_id bigint NOT NULL,
  billing_date timestamp NOT NULL,
  used_on date NOT NULL,
  service text NOT NULL,
  description text NOT NULL,
  quantity bigint NOT NULL,
  amount_minor bigint NOT NULL,
  PRIMARY KEY (billing_id, usage_id, billing_date)
) PARTITION BY RANGE (billing_date);

-- The ledger of sends: one row a claim; id is the token under which it was claimed. Open until its verdict is recorded or its
-- bill is parked; a late answer still corrects UNKNOWN. is_forced: a person asked for it, by a forced send or by sending again
-- what was parked.
CREATE TABLE billing.send_attempt (
  id bigint PRIMARY KEY,
  billing_id bigint NOT NULL,
  billing_date timestamp NOT NULL,
  number smallint NOT NULL,
  channel text NOT NULL,
  is_forced boolean NOT NULL,
  instance text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  result text,
  code text,
  response text,
  CONSTRAINT send_attempt_number UNIQUE (billing_id, number),
  CONSTRAINT send_attempt_counts_from_one CHECK (number >= 1),
  CONSTRAINT send_attempt_channel CHECK (channel IN ('EMAIL', 'SMS')),
  CONSTRAINT send_attempt_result CHECK (result IN ('SENT', 'REFUSED', 'LATER', 'UNKNOWN')),
  CONSTRAINT send_attempt_ended_has_result CHECK ((ended_at IS NULL) = (result IS NULL))
);
CREATE UNIQUE INDEX send_attempt_one_open ON billing.send_attempt (billing_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX send_attempt_one_unforced_success ON billing.send_attempt (billing_id) WHERE result = 'SENT' AND NOT is_forced;

-- Mails that were put aside: a refusal, written with its bill's FAILED and completed by the dead letter (origin, payload);
-- or a message that could not be read (parse_status FAIL). The payload's personal data is still encrypted.
CREATE TABLE billing.email_fail_log (
  id bigint PRIMARY KEY,
  attempt_id bigint UNIQUE REFERENCES billing.send_attempt (id),
  billing_id bigint,
  billing_date timestamp,
  public_info_id bigint,
  parse_status text NOT NULL,
  code text NOT NULL,
  error text NOT NULL,
  origin text UNIQUE,
  payload text,
  failed_at timestamptz NOT NULL,
  CONSTRAINT email_fail_log_parse_status CHECK (parse_status IN ('SUCCESS', 'FAIL')),
  CONSTRAINT email_fail_log_parsed_has_bill
    CHECK (parse_status = 'FAIL' OR num_nulls(billing_id, billing_date, public_info_id) = 0),
  CONSTRAINT email_fail_log_has_cause CHECK (attempt_id IS NOT NULL OR origin IS NOT NULL)
);
CREATE INDEX email_fail_log_member ON billing.email_fail_log (public_info_id, failed_at);

-- Makes what a month needs, if it is missing: its period and the partitions of usage, bills and lines. Any number of callers.
-- LIKE and ATTACH, since CREATE ... PARTITION OF locks out every reader and writer of the whole table.
CREATE FUNCTION billing.provide_month(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  parent text;
  child text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('billing.provide_month', 0));
  INSERT INTO billing.billing_period (period) VALUES (month) ON CONFLICT DO NOTHING;
  FOREACH parent IN ARRAY ARRAY['usage', 'billing_p', 'billing_detail_p'] LOOP
    child := parent || to_char(month, '_YYYY_MM');
    CONTINUE WHEN to_regclass(format('billing.%I', child)) IS NOT NULL;
    EXECUTE format('CREATE TABLE billing.%I (LIKE billing.%I INCLUDING ALL)', child, parent);
    EXECUTE format(
      'ALTER TABLE billing.%I ATTACH PARTITION billing.%I FOR VALUES FROM (%L) TO (%L)',
      parent, child, month, (month + interval '1 month')::date);
  END LOOP;
END
$$;

-- Gather the planner's statistics of what was just loaded; of the owner's right, which a program that only reads and writes lacks.
-- Plans that were made when a month was empty are dropped with it. Only of the columns that are searched, and from samples of 3,000
-- rows: a fraction of the time, and the number of rows, which is what plans turn on, is as exact.
CREATE FUNCTION billing.analyze_usage(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET default_statistics_target = 10 AS $$
BEGIN
  EXECUTE format('ANALYZE billing.%I (public_info_id)', to_char(month, '"usage"_YYYY_MM'));
END
$$;

CREATE FUNCTION billing.analyze_bills(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET default_statistics_target = 10 AS $$
BEGIN
  EXECUTE format('ANALYZE billing.%I (id, send_status)', to_char(month, '"billing_p"_YYYY_MM'));
  EXECUTE format('ANALYZE billing.%I (billing_id)', to_char(month, '"billing_detail_p"_YYYY_MM'));
END
$$;
