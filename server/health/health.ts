// What is told of the health of the desk: to those who start and stop it, route to it, and watch over it.
export interface Health {
  /** Whether operations can be served now. */
  ready: boolean
  /** What the answer rests on, part by part, e.g. `{ projector: { ok: false, detail: '120 events behind' } }`. */
  parts: Readonly<Record<string, Part>>
}

export interface Part {
  ok: boolean
  detail: string
  /** What of it can be counted, by names in camel case, e.g. `{ atWork: 3 }`. What is not known is left out. */
  figures?: Readonly<Record<string, number>>
}

/** A part of the desk in one process. */
export interface RoleHealth extends Part {
  /** How many shares of its work this process does: 0 for a standby. */
  active: number
}
