import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { unreadableRecords } from './unreadableRecords.ts';

/**
 * Codecs of other producers: kafkajs has gzip alone, and a batch in another one ends its consumer for good. Zstandard is read by
 * Node.js; of Snappy and LZ4 every record is given with a header that names the codec, so that it becomes a dead letter.
 */
export function provideCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: { readonly buffer: Buffer }) => promisify(zstdCompress)(buffer),
    decompress: (buffer: Buffer) => promisify(zstdDecompress)(buffer),
  });
  CompressionCodecs[CompressionTypes.Snappy] = () => unreadable('snappy');
  CompressionCodecs[CompressionTypes.LZ4] = () => unreadable('lz4');
}

function unreadable(codec: string): object {
  return {
    compress: () => Promise.reject(new TypeError(`${codec} is not written here`)),
    decompress: (buffer: Buffer) => Promise.resolve(unreadableRecords(buffer, codec)),
  };
}
