-- Up Migration
-- Bills that wait for their dispatch, by its day: what lies before today is asked for at every scrape, beside half a month of bills whose day has
-- not come. By state alone all of those would be read. A settlement pays a microsecond or two for each bill that it makes.
CREATE INDEX billing_p_undispatched ON billing.billing_p (send_on) WHERE send_status = 'CREATED';
