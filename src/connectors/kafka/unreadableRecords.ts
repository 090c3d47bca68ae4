/** Header of a record whose batch is compressed in a way that nobody here can read; its value names the codec. */
export const unreadableCodec = 'weir-unreadable-codec';

/** The count of a batch's records stands before them: four bytes, the highest first. */
const countBytes = 4;

/**
 * Records of the format of Kafka (v2) in place of those of a compressed batch: as many, at the same offsets, each with the header
 * `unreadableCodec`; the first has the compressed bytes of all as its value. `compressed` is the part of an answer behind the
 * count, as kafkajs cuts it.
 */
export function unreadableRecords(compressed: Buffer, codec: string): Buffer {
  const count = new DataView(compressed.buffer, compressed.byteOffset - countBytes, countBytes).getInt32(0);
  return Buffer.concat(Array.from({ length: count }, (_, index) => recordOf(index, index === 0 ? compressed : Buffer.alloc(0), codec)));
}

function recordOf(offsetDelta: number, value: Buffer, codec: string): Buffer {
  const header = [bytesOf(Buffer.from(unreadableCodec)), bytesOf(Buffer.from(codec))];
  const noKey = varint(-1);
  const body = Buffer.concat([Buffer.of(0), varint(0), varint(offsetDelta), noKey, bytesOf(value), varint(1), ...header]);
  return bytesOf(body);
}

function bytesOf(value: Buffer): Buffer {
  return Buffer.concat([varint(value.length), value]);
}

/** A number as Kafka writes it: zigzag, seven bits a byte, the lowest first. */
function varint(number: number): Buffer {
  const bytes: number[] = [];
  let rest = number < 0 ? -number * 2 - 1 : number * 2;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
