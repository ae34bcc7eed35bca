// Refuses requests for an existing path with a method that the path does not have.
import type { FastifyInstance } from 'fastify'

/**
 * Answers 405 to a request with a method that its path does not have, and names the methods that it has. The body is not read.
 * A path without any route is left to the not-found handler.
 *
 * @param folders paths whose routes end in `*`, such as `/playground/`
 */
export function refuseOtherMethods(app: FastifyInstance, folders: readonly string[] = []): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    const path = pathOf(request.url)
    const folder = folders.find((each) => path.startsWith(each))
    // Routes are looked up by their patterns, in which these have a meaning: no path of the desk is one.
    if (!folder && /[*:]/.test(path)) return
    const route = folder ? `${folder}*` : path
    const methods = app.supportedMethods.filter((method) => app.hasRoute({ method, url: route })).sort()
    if (methods.length === 0) return
    const allow = methods.join(', ')
    return reply
      .code(405)
      .header('allow', allow)
      .send({ error: `${path} does not accept ${request.method}. Use one of ${allow}.` })
  })
}

/** The path of a URL as a request line has it. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url
}
