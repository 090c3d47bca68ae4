-- Accounting: running totals over the daily statistics of the company, and the reports that were mailed of them.
-- The statistics are written by other programs; ours only reads. Where they stand already, they stay as they are.
CREATE SCHEMA IF NOT EXISTS statistics;

DO $$
BEGIN
  IF to_regclass('statistics.daily_accounting_statistics') IS NULL THEN
    -- Any number of rows a day, one for each shop, channel or correction that reports; a day may have none. NULL: it reports nothing.
    CREATE TABLE statistics.daily_accounting_statistics (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      report_day date NOT NULL,
      payment_count bigint,
      payment_amount numeric,
      cancel_count bigint,
      cancel_amount numeric,
      manual_cancel_count bigint,
      manual_cancel_amount numeric,
      refund_amount numeric,
      fee_amount numeric,
      vat_amount numeric,
      adjustment_amount numeric,
      settlement_amount numeric
    );
    CREATE INDEX daily_accounting_statistics_day ON statistics.daily_accounting_statistics (report_day);
  END IF;
END
$$;

-- What the mails of a day tell: running totals up to it, as of one reading. is_mailed from the first claim of a mail on, and then it stays as
-- it is.
CREATE SCHEMA accounting;

CREATE TABLE accounting.cumulative_report (
  day date PRIMARY KEY,
  as_of timestamptz NOT NULL,
  column_name text NOT NULL,
  from_day date NOT NULL,
  is_mailed boolean NOT NULL DEFAULT false,
  CONSTRAINT cumulative_report_from_its_day_or_before CHECK (from_day <= day)
);

-- A row for each shown day; total is NULL where nothing was reported so far.
CREATE TABLE accounting.cumulative_report_total (
  day date NOT NULL REFERENCES accounting.cumulative_report,
  shown_day date NOT NULL,
  total numeric,
  PRIMARY KEY (day, shown_day)
);

-- CLAIMED -> SENT | REFUSED | UNKNOWN. Claimed under a token before it is sent, so that it is sent once; what was surely not sent loses its
-- row. Recipients are people of the house.
CREATE TABLE accounting.cumulative_report_mail (
  day date NOT NULL REFERENCES accounting.cumulative_report,
  recipient text NOT NULL,
  token bigint NOT NULL,
  status text NOT NULL DEFAULT 'CLAIMED',
  claimed_at timestamptz NOT NULL,
  ended_at timestamptz,
  error text,
  PRIMARY KEY (day, recipient),
  CONSTRAINT cumulative_report_mail_status CHECK (status IN ('CLAIMED', 'SENT', 'REFUSED', 'UNKNOWN')),
  CONSTRAINT cumulative_report_mail_ended_has_time CHECK ((status = 'CLAIMED') = (ended_at IS NULL))
);
