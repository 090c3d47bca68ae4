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
