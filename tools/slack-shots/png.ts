import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Of what a picture was taken: the page, and with it the message and how it is shown. */
export const hashOf = (page: string): string => createHash('sha256').update(page).digest('hex');

const beginning = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const keyword = 'Source';

export type Chunk = { readonly type: string; readonly content: Buffer };

export function* chunksOf(png: Buffer): Generator<Chunk> {
  for (let at = beginning.length; at + 8 <= png.length;) {
    const length = png.readUInt32BE(at);
    yield {
      type: png.toString('latin1', at + 4, at + 8),
      content: png.subarray(at + 8, at + 8 + length),
    };
    at += 12 + length;
  }
}

const write = ({ type, content }: Chunk): Buffer => {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const chunk = Buffer.alloc(named.length + 8);
  chunk.writeUInt32BE(content.length);
  named.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(named), named.length + 4);
  return chunk;
};

export const joined = (chunks: readonly Chunk[]): Buffer => Buffer.concat([beginning, ...chunks.map(write)]);

/** The picture with the hash of its source in it. */
export const withSource = (png: Buffer, hash: string): Buffer => {
  const [header, ...rest] = chunksOf(png);
  if (header === undefined) throw new Error('The picture is no PNG.');
  return joined([header, { type: 'tEXt', content: Buffer.from(`${keyword}\0${hash}`, 'latin1') }, ...rest]);
};

/** `null`: the picture does not say. */
export const sourceOf = (png: Buffer): string | null => {
  for (const { type, content } of chunksOf(png)) {
    const text = content.toString('latin1');
    if (type === 'tEXt' && text.startsWith(`${keyword}\0`)) return text.slice(keyword.length + 1);
  }
  return null;
};
