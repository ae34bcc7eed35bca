// Which ids are shared: by invoices, stock codes or customer numbers that the file distinguishes, or an order by several customers.

/** An id with two or more that share it, in the order of first appearance. */
export interface Shared {
  id: string
  /** The names that share the id, and how many rows have each. The first is the one that the file names first. */
  by: readonly { name: string; rows: number }[]
}

export interface Sharers {
  /** One row of the file names this for this id. */
  count(id: string, name: string): void
  shared(): Shared[]
}

/** Counts row by row. */
export function countSharers(): Sharers {
  const rowsOf = new Map<string, Map<string, number>>()
  return {
    count(id, name) {
      const rows = rowsOf.get(id)
      if (rows) rows.set(name, (rows.get(name) ?? 0) + 1)
      else rowsOf.set(id, new Map([[name, 1]]))
    },
    shared() {
      const several = [...rowsOf].filter(([, rows]) => rows.size > 1)
      return several.map(([id, rows]) => ({ id, by: [...rows].map(([name, count]) => ({ name, rows: count })) }))
    },
  }
}
