/** Size from which a piece is sent, in characters. The client sends a message for each piece: small ones cost more than their rows. */
const pieceSize = 256 * 1024;

/** Joins the lines of a COPY into pieces of about 256 KiB, one at a time, so that only one piece is held beside the lines. */
export function* copyPieces(lines: readonly string[]): Generator<Buffer> {
  let from = 0;
  let size = 0;
  for (const [index, line] of lines.entries()) {
    size += line.length + 1;
    if (size < pieceSize && index < lines.length - 1) continue;
    yield Buffer.from(`${lines.slice(from, index + 1).join('\n')}\n`);
    from = index + 1;
    size = 0;
  }
}
