-- Payments: orders that wait for their payment, what the gateways were asked for, and what has to be given back.
-- Amounts are integer minor units. Business times come as parameters.
CREATE SCHEMA payments;

CREATE TABLE payments.product (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  stock bigint NOT NULL,
  low_stock_threshold bigint NOT NULL DEFAULT 0,
  CONSTRAINT product_stock_not_negative CHECK (stock >= 0),
  CONSTRAINT product_threshold_not_negative CHECK (low_stock_threshold >= 0)
);

-- PENDING -> COMPLETED | FAILED; ended states never change. buyer_email is a ciphertext, bound to the order's id.
CREATE TABLE payments.orders (
  id bigint PRIMARY KEY,
  status text NOT NULL DEFAULT 'PENDING',
  amount_minor bigint NOT NULL,
  buyer_email text NOT NULL,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  fail_code text,
  CONSTRAINT orders_status CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED')),
  CONSTRAINT orders_amount_positive CHECK (amount_minor > 0),
  CONSTRAINT orders_ended_has_time CHECK ((status = 'PENDING') = (ended_at IS NULL)),
  CONSTRAINT orders_failed_has_code CHECK ((status = 'FAILED') = (fail_code IS NOT NULL))
);
-- Reports read the orders of a day in this order.
CREATE INDEX orders_created ON payments.orders (created_at, id);
CREATE INDEX orders_pending ON payments.orders (id, created_at) WHERE status = 'PENDING';

-- One line a product, so that an UPDATE joined to them takes all that was ordered.
CREATE TABLE payments.order_item (
  order_id bigint NOT NULL REFERENCES payments.orders,
  product_id bigint NOT NULL REFERENCES payments.product,
  quantity bigint NOT NULL,
  PRIMARY KEY (order_id, product_id),
  CONSTRAINT order_item_quantity_positive CHECK (quantity > 0)
);

-- PENDING -> SUCCESS | FAILED; PENDING with a park_reason waits for a person. payment_number is committed before the gateway is asked to
-- charge and sent with it, so a charge whose answer was lost is found by it; transaction_key is the gateway's own name for the charge.
-- next_ask_at: null until the gateway has said once that it does not know yet. is_given_back: a person has decided that what the gateway
-- has captured goes back.
CREATE TABLE payments.payment (
  id bigint PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES payments.orders,
  payment_number text NOT NULL,
  method text NOT NULL,
  transaction_key text,
  amount_minor bigint NOT NULL,
  status text NOT NULL DEFAULT 'PENDING',
  created_at timestamptz NOT NULL,
  asks integer NOT NULL DEFAULT 0,
  next_ask_at timestamptz,
  ended_at timestamptz,
  fail_code text,
  park_reason text,
  is_given_back boolean NOT NULL DEFAULT false,
  CONSTRAINT payment_number_once UNIQUE (payment_number),
  CONSTRAINT payment_key_once UNIQUE (method, transaction_key),
  CONSTRAINT payment_method CHECK (method IN ('card', 'transfer', 'wallet')),
  CONSTRAINT payment_status CHECK (status IN ('PENDING', 'SUCCESS', 'FAILED')),
  CONSTRAINT payment_amount_positive CHECK (amount_minor > 0),
  CONSTRAINT payment_ended_has_time CHECK ((status = 'PENDING') = (ended_at IS NULL)),
  CONSTRAINT payment_failed_has_code CHECK ((status = 'FAILED') = (fail_code IS NOT NULL)),
  CONSTRAINT payment_only_pending_is_parked CHECK (park_reason IS NULL OR status = 'PENDING')
);
CREATE UNIQUE INDEX payment_one_success ON payments.payment (order_id) WHERE status = 'SUCCESS';
CREATE INDEX payment_order ON payments.payment (order_id);
-- What a reconciliation looks for, in the order of its pages; the time is compared within the index.
CREATE INDEX payment_due ON payments.payment (method, id, next_ask_at) WHERE status = 'PENDING' AND park_reason IS NULL;
-- What waits for a person is counted, and listed for one.
CREATE INDEX payment_parked ON payments.payment (id, park_reason) WHERE park_reason IS NOT NULL;

-- Money that was captured for an order that does not get it: REQUESTED -> SENT -> DONE | PARKED. One for each charge that a gateway has
-- reported of a payment. The gateway is asked under the payment's id, and from the second refund of a payment on under its nth too, so
-- that a repeated request gives back once.
CREATE TABLE payments.refund (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id bigint NOT NULL REFERENCES payments.payment,
  nth integer NOT NULL DEFAULT 1,
  amount_minor bigint NOT NULL,
  transaction_key text NOT NULL,
  reason text NOT NULL,
  status text NOT NULL DEFAULT 'REQUESTED',
  requested_at timestamptz NOT NULL,
  asks integer NOT NULL DEFAULT 0,
  next_ask_at timestamptz NOT NULL,
  ended_at timestamptz,
  park_reason text,
  CONSTRAINT refund_once UNIQUE (payment_id, transaction_key),
  CONSTRAINT refund_numbered_once UNIQUE (payment_id, nth),
  CONSTRAINT refund_amount_positive CHECK (amount_minor > 0),
  CONSTRAINT refund_status CHECK (status IN ('REQUESTED', 'SENT', 'DONE', 'PARKED')),
  CONSTRAINT refund_ended_has_time CHECK ((status IN ('DONE', 'PARKED')) = (ended_at IS NOT NULL)),
  CONSTRAINT refund_parked_has_reason CHECK ((status = 'PARKED') = (park_reason IS NOT NULL))
);
CREATE INDEX refund_due ON payments.refund (id, next_ask_at) WHERE status IN ('REQUESTED', 'SENT');
-- A key under which money goes back completes no other payment.
CREATE INDEX refund_key ON payments.refund (transaction_key);
CREATE INDEX refund_parked ON payments.refund (payment_id, reason) WHERE status = 'PARKED';

-- What people are told of a completed order: the buyer by mail, the company's people in their chat. WAITING -> SENDING -> SENT | FAILED |
-- PARKED, back to WAITING where it was surely not sent, and SKIPPED from the beginning where its channel is not set up. A row is claimed
-- under a token just before its message leaves; one whose lease ran out, or whose end nobody can tell, is PARKED for a person and never
-- sent again by itself. id: the order of pages. stock and threshold: as they were when stock fell low.
CREATE TABLE payments.notice (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id bigint NOT NULL REFERENCES payments.payment,
  kind text NOT NULL,
  product_id bigint REFERENCES payments.product,
  stock bigint,
  threshold bigint,
  status text NOT NULL,
  created_at timestamptz NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL,
  token bigint,
  lease_until timestamptz,
  ended_at timestamptz,
  response text,
  reason text,
  CONSTRAINT notice_once UNIQUE NULLS NOT DISTINCT (payment_id, kind, product_id),
  CONSTRAINT notice_kind CHECK (kind IN ('CONFIRMATION', 'SALE', 'LOW_STOCK')),
  CONSTRAINT notice_low_stock_has_product CHECK ((kind = 'LOW_STOCK') = (num_nulls(product_id, stock, threshold) = 0)),
  CONSTRAINT notice_others_have_none CHECK (kind = 'LOW_STOCK' OR num_nonnulls(product_id, stock, threshold) = 0),
  CONSTRAINT notice_status CHECK (status IN ('WAITING', 'SENDING', 'SENT', 'FAILED', 'PARKED', 'SKIPPED')),
  CONSTRAINT notice_sending_is_held CHECK ((status = 'SENDING') = (lease_until IS NOT NULL) AND (status <> 'SENDING' OR token IS NOT NULL)),
  CONSTRAINT notice_waiting_is_free CHECK (status <> 'WAITING' OR token IS NULL),
  CONSTRAINT notice_ended_has_time CHECK ((status IN ('WAITING', 'SENDING')) = (ended_at IS NULL)),
  CONSTRAINT notice_reason CHECK ((status IN ('FAILED', 'PARKED', 'SKIPPED')) = (reason IS NOT NULL)),
  CONSTRAINT notice_response CHECK ((status = 'SENT') = (response IS NOT NULL))
);
-- What a run looks for, in the order of its pages, and claims that were left.
CREATE INDEX notice_due ON payments.notice (id) INCLUDE (kind, next_try_at) WHERE status = 'WAITING';
CREATE INDEX notice_held ON payments.notice (lease_until) WHERE status = 'SENDING';
CREATE INDEX notice_product ON payments.notice (product_id) WHERE product_id IS NOT NULL;
-- Reports of the orders that were made on a day of Seoul, each as of one snapshot; is_mailed from the first claim of a mail on, and then
-- it is not compiled again.
CREATE TABLE payments.daily_report (
  day date PRIMARY KEY,
  as_of timestamptz NOT NULL,
  is_mailed boolean NOT NULL DEFAULT false
);

-- A sum may be larger than any amount.
CREATE TABLE payments.daily_order_stats (
  day date NOT NULL REFERENCES payments.daily_report,
  status text NOT NULL,
  method text NOT NULL,
  orders bigint NOT NULL,
  amount_minor numeric(38, 0) NOT NULL,
  PRIMARY KEY (day, status, method),
  CONSTRAINT daily_order_stats_status CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED')),
  CONSTRAINT daily_order_stats_method CHECK (method IN ('card', 'transfer', 'wallet', 'none')),
  CONSTRAINT daily_order_stats_has_orders CHECK (orders > 0 AND amount_minor > 0)
);

-- CLAIMED -> SENT | REFUSED | UNKNOWN. Claimed under a token before it is sent, so that it is sent once; what was surely not sent loses its
-- row. Recipients are people of the house.
CREATE TABLE payments.daily_report_mail (
  day date NOT NULL REFERENCES payments.daily_report,
  recipient text NOT NULL,
  token bigint NOT NULL,
  status text NOT NULL DEFAULT 'CLAIMED',
  claimed_at timestamptz NOT NULL,
  ended_at timestamptz,
  error text,
  PRIMARY KEY (day, recipient),
  CONSTRAINT daily_report_mail_status CHECK (status IN ('CLAIMED', 'SENT', 'REFUSED', 'UNKNOWN')),
  CONSTRAINT daily_report_mail_ended_has_time CHECK ((status = 'CLAIMED') = (ended_at IS NULL))
);

SELECT weir.provide_outbox('payments');
