// How the text of a file is encoded, by its first bytes, and as which bytes it is read.
import { open } from 'node:fs/promises'

/** The file cannot be read as the expected kind of file. The message is a sentence for the person who named the file. */
export class UnreadableFile extends Error {
  override name = 'UnreadableFile'
}

export interface FileText {
  /** The first line that is not empty, as far as it is among the first bytes. */
  firstLine: string
  /** The bytes of the file, without a byte order mark: UTF-8, or a mixture of UTF-8 and Latin-1. */
  bytes(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer>
}

/** The first bytes of a file, by which its kind is recognised. */
const LOOKED_AT = 64 * 1024

/** The beginnings of files that are taken for CSV now and then, and what to do about each. */
const FORMATS: readonly [start: readonly number[], what: string][] = [
  [[0x50, 0x4b, 0x03, 0x04], 'an Excel workbook (.xlsx) or another zip archive: save the sheet as CSV (UTF-8)'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an Excel workbook (.xls): save the sheet as CSV (UTF-8)'],
  [[0x1f, 0x8b], 'compressed with gzip: decompress it first'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF: use a CSV file'],
  [[0xff, 0xfe, 0x00, 0x00], 'UTF-32: save it as CSV (UTF-8)'],
  [[0x00, 0x00, 0xfe, 0xff], 'UTF-32: save it as CSV (UTF-8)'],
]

/**
 * @throws UnreadableFile when the file is no text, or text that cannot be read; what the file system throws
 */
export async function textOf(path: string): Promise<FileText> {
  const start = await startOf(path)
  const format = FORMATS.find(([bytes]) => bytes.every((byte, place) => start[place] === byte))
  if (format) throw new UnreadableFile(`${path} is ${format[1]}.`)
  const utf16 = utf16Of(start)
  if (utf16) {
    const bytes = (chunks: AsyncIterable<Buffer>) => asUtf8(chunks, utf16)
    return { firstLine: firstLineOf(new TextDecoder(utf16).decode(start)), bytes }
  }
  const binary = start.indexOf(0)
  if (binary >= 0) {
    throw new UnreadableFile(`${path} is not text: byte ${binary + 1} is zero. Use a CSV file.`)
  }
  return { firstLine: firstLineOf(start.toString('utf8').replace(/^\uFEFF/, '')), bytes: withoutByteOrderMark }
}

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOKED_AT), 0, LOOKED_AT, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** With a byte order mark, or by the zeros that every other byte of mostly Latin text is. */
function utf16Of(start: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  const sample = start.subarray(0, 256)
  const zeros = [0, 0]
  for (const [place, byte] of sample.entries()) if (byte === 0) zeros[place % 2] = (zeros[place % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  if (sample.length < 4 || Math.max(even, odd) < 0.4 * sample.length || Math.min(even, odd) > 0) return undefined
  return odd > 0 ? 'utf-16le' : 'utf-16be'
}

/** The text of a decoder begins without the byte order mark. */
async function* asUtf8(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }))
  yield Buffer.from(decoder.decode())
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

async function* withoutByteOrderMark(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first = true
  for await (const chunk of chunks) {
    yield first && chunk.subarray(0, 3).equals(BYTE_ORDER_MARK) ? chunk.subarray(3) : chunk
    first = false
  }
}

function firstLineOf(text: string): string {
  return text.trimStart().split(/[\r\n]/, 1)[0] ?? ''
}
