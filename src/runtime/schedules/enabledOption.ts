/** The option that turns a schedule off and on, as people set it: `schedules.billing.settle.enabled`. */
export function enabledOption(schedule: string): string {
  return `schedules.${schedule}.enabled`;
}
