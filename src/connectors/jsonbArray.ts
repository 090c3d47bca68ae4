/** The version of the binary form of `jsonb` that every server knows. */
const version = '\u0001';

/** The most bytes that a UTF-16 unit takes in UTF-8. */
const widest = 3;

/**
 * A parameter of type `jsonb`: the array of the elements whose JSON texts these are. In the server's binary form (its version,
 * then the text), encoded piece by piece as it will be sent: put together as one long string first, it costs the client twice as
 * much.
 */
export function jsonbArray(elements: readonly string[]): Buffer {
  const units = elements.reduce((sum, element) => sum + element.length + 1, 3);
  const buffer = Buffer.allocUnsafe(units * widest);
  let length = buffer.write(`${version}[`);
  elements.forEach((element, at) => {
    if (at > 0) length += buffer.write(',', length);
    length += buffer.write(element, length);
  });
  length += buffer.write(']', length);
  return buffer.subarray(0, length);
}
