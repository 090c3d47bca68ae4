import kafkajs from 'kafkajs';

/** Does work with codecs that kafkajs has otherwise, or not at all; they are the whole process's. */
export async function withCodecs<T>(codecs: Readonly<Record<number, () => unknown>>, work: () => Promise<T>): Promise<T> {
  const before = { ...kafkajs.CompressionCodecs };
  Object.assign(kafkajs.CompressionCodecs, codecs);
  try {
    return await work();
  } finally {
    Object.assign(kafkajs.CompressionCodecs, before);
  }
}

/** Snappy, of at most 65,536 bytes: the length, and all of it as one literal. */
export function snappy(raw: Buffer): Promise<Buffer> {
  const length: number[] = [];
  let rest = raw.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  const literal = 61 << 2;
  const last = raw.length - 1;
  return Promise.resolve(Buffer.concat([Buffer.of(...length, rest, literal, last & 0xff, last >>> 8), raw]));
}

/** An LZ4 frame of one block of at most 65,536 bytes, which is not compressed. */
export function lz4(raw: Buffer): Promise<Buffer> {
  const header = Buffer.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82);
  const size = Buffer.alloc(4);
  size.writeUInt32LE((raw.length | 0x80000000) >>> 0);
  return Promise.resolve(Buffer.concat([header, size, raw, Buffer.alloc(4)]));
}
