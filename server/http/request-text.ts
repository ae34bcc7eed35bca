// The text of requests is UTF-8 and nothing else: bytes of another encoding would be stored for ever as U+FFFD.
import { isUtf8 } from 'node:buffer'
import { MIMEType } from 'node:util'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Reads bodies as JSON in UTF-8. A body that is compressed, or says that it is in another encoding, is refused with 415, and one with
 * bytes that are not UTF-8 with 400. A byte order mark at the beginning is ignored.
 */
export function readUtf8Json(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const charset = charsetOf(request)
    if (!/^utf-?8$/i.test(charset)) done(refusal(415, `The body must be UTF-8, not ${charset}.`))
    else if (!isUtf8(body)) done(refusal(400, 'The body is not UTF-8.'))
    else void parse(request, body.toString(), done)
  })
  // Before the body is read: a compressed body would be taken for JSON that is wrong.
  app.addHook('onRequest', async ({ headers }) => {
    const coding = headers['content-encoding'] ?? ''
    const isCoded = coding.split(',').some((each) => !/^\s*(identity)?\s*$/i.test(each))
    if (isCoded) throw refusal(415, `The body must be sent unencoded, not with the content-encoding ${coding}.`)
  })
}

/** Refuses a query string with bytes that are not UTF-8, or with characters that are not percent-encoded: both would be read as other text. */
export async function refuseOtherText({ url }: FastifyRequest): Promise<void> {
  const query = url.indexOf('?')
  if (query !== -1 && !isEncodedUtf8(url.slice(query + 1))) {
    throw refusal(400, 'The query string must be UTF-8, percent-encoded.')
  }
}

function isEncodedUtf8(text: string): boolean {
  if (/[^\0-\x7f]/.test(text)) return false
  // A percent sign that begins no escape stands for itself.
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)))
  return isUtf8(Buffer.from(bytes, 'latin1'))
}

function charsetOf({ headers }: FastifyRequest): string {
  try {
    return new MIMEType(headers['content-type'] ?? '').params.get('charset') ?? 'utf-8'
  } catch {
    return 'an encoding that cannot be read'
  }
}

function refusal(statusCode: 400 | 415, message: string): Error {
  return Object.assign(new Error(message), { statusCode })
}
