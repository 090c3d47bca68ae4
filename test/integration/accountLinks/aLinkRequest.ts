/** A request of another program, as its value stands in the stream. */
export function aLinkRequest(changes: object = {}): object {
  return { requestId: 'req-1', accountId: 'acc-1', partner: 'ALPHA', accountNumber: '110-234-567890', ...changes };
}
