/** Accounts that are not a business's, by their ids, as the migration makes them. */
export const ourAccounts = { POOL: 1n, TRANSIT: 2n, SUSPENSE: 3n } as const;
