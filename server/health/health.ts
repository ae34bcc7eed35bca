// The health of the desk, as reported to those who start and stop it, route to it, and watch over it.
export interface Health {
  /** Whether operations can be served now. */
  ready: boolean
  /** The reasons for the answer, part by part, e.g. `{ projector: { ok: false, detail: '120 events behind' } }`. */
  parts: Readonly<Record<string, Part>>
}

export interface Part {
  ok: boolean
  detail: string
  /** The counts of the part, by names in camel case, e.g. `{ atWork: 3 }`. Unknown ones are left out. */
  figures?: Readonly<Record<string, number>>
}

/** A part of the desk in one process. */
export interface RoleHealth extends Part {
  /** How many shares of its work this process does: 0 for a standby. */
  active: number
}
