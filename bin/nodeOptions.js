/**
 * What Node.js is told when it runs Weir. Left alone it lets the room for new objects grow to 64 MB three times over, and that for old
 * ones to four times what is in use. With 32 MB, and twice what is in use, a daemon that delivers mails stays at 265 MB instead of 350
 * and one that settles at 255 instead of 310, for two hundredths of its rate. With 16 MB both need 45 MB less, and settlement is a
 * tenth slower.
 *
 * @type {readonly string[]}
 */
export const nodeOptions = ['--max-semi-space-size=32', '--heap-growing-percent=100'];
