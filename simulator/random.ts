// Seeded randomness: the same seed and the same key give the same numbers.

export interface Random {
  /** From 0 up to, and not including, 1. */
  next(): number
  between(least: number, most: number): number
  /** A whole number, both ends included. */
  whole(least: number, most: number): number
  chance(odds: number): boolean
  pick<Item>(items: readonly Item[]): Item
}

/**
 * A source of randomness for each key. The draws under one key do not change those under another: when something is left out of
 * a run, the rest happens as before.
 */
export function randomness(seed: number): (key: string) => Random {
  const sources = new Map<string, Random>()
  return (key) => {
    let source = sources.get(key)
    if (!source) {
      source = randomOf(digest(`${seed}/${key}`))
      sources.set(key, source)
    }
    return source
  }
}

/** Mulberry32: small, fast, and good enough to decide what goes wrong next. */
function randomOf(start: number): Random {
  let state = start
  const random: Random = {
    next() {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
    between: (least, most) => least + random.next() * (most - least),
    whole: (least, most) => Math.floor(random.between(least, most + 1)),
    chance: (odds) => random.next() < odds,
    pick: (items) => items[Math.floor(random.next() * items.length)] as (typeof items)[number],
  }
  return random
}

/** FNV-1a. */
function digest(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}
