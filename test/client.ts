// A GraphQL client as small as tests need it.

export interface GraphqlResponse<Data> {
  data?: Data | null
  errors?: { message: string; path?: (string | number)[]; extensions?: { code?: string } }[]
}

/** Sends one operation to a desk; the response as it is, errors included. */
export async function send<Data>(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphqlResponse<Data>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as GraphqlResponse<Data>
}

/** The data of an operation that must not fail. */
export async function ask<Data>(url: string, query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const { data, errors } = await send<Data>(url, query, variables)
  if (errors || !data) throw new Error(`${JSON.stringify(errors)} for ${query}`)
  return data
}
