// Clients that each wait for an answer before they ask again.

/** Has `count` clients do `total` pieces of work, numbered from 0; the seconds that it took. */
export async function clients(count: number, total: number, work: (n: number) => Promise<unknown>): Promise<number> {
  let next = 0
  const start = performance.now()
  const client = async () => {
    while (next < total) await work(next++)
  }
  await Promise.all(Array.from({ length: count }, client))
  return (performance.now() - start) / 1000
}
