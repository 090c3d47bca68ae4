import { describe, expect, it } from 'vitest';
import { alertRule, limitOf } from '../../../grafana/source/alert.ts';

describe('limitOf', () => {
  it('is the number that the rule compares the series with', () => {
    expect(limitOf('WeirJobLate', 'weir_schedule_late_seconds')).toBe(1_800);
    expect(limitOf('WeirNoProgress', 'weir_pipeline_watermark_age_seconds')).toBe(600);
    expect(limitOf('WeirReadersReplaced', 'weir_source_readers_replaced_total')).toBe(3.5);
    expect(limitOf('WeirSettlementLate', 'weir_job_eta_seconds')).toBe(21_600);
  });

  it('is a product where the rule has one', () => {
    expect(limitOf('WeirCalendarEnds', 'weir_deposits_calendar_left_seconds')).toBe(60 * 86_400);
  });

  it('is none of a rule that there is not, nor of a series that it does not compare', () => {
    expect(() => alertRule('WeirJobsLate')).toThrow('There is no alert WeirJobsLate.');
    expect(() => limitOf('WeirJobLate', 'weir_outbox_oldest_seconds')).toThrow(
      'WeirJobLate compares weir_outbox_oldest_seconds with no number.',
    );
  });
});
