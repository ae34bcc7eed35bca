import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LeaseEvent } from '../store/kernel-events.ts'
import { type Division, divide, evolve, living, type Members } from './shares.ts'

test('the first member takes everything', () => {
  given()
    .when('a', { shares: 3 })
    .then({ take: [0, 1, 2] })
})

test('a newcomer waits for its fair share, and members with more than theirs release some', () => {
  const both = given(renewed('a', 0, 1, 2, 3), renewed('b'))
  both.when('b', { shares: 4 }).then({})
  both.when('a', { shares: 4 }).then({ keep: [0, 1], giveBack: [2, 3] })
  given(renewed('a', 0, 1), renewed('b'))
    .when('b', { shares: 4 })
    .then({ take: [2, 3] })
})

test('a member keeps the shares that it is working on first', () => {
  given(renewed('a', 0, 1, 2, 3), renewed('b'))
    .when('a', { shares: 4, holds: [2, 3] })
    .then({ keep: [2, 3], giveBack: [0, 1] })
})

test.each([
  ['a', 'b'],
  ['b', 'a'],
])('the only share stays with %s when %s comes, and the newcomer stays silent', (holder, newcomer) => {
  const held = given(renewed(holder, 0))
  held.when(holder, { shares: 1 }).then({ keep: [0] })
  held.when(newcomer, { shares: 1 }).then({ watches: true })
})

test('an uneven division stays where it is', () => {
  const settled = given(renewed('a', 0, 1), renewed('b', 2), renewed('c', 3, 4))
  settled.when('a', { shares: 5 }).then({ keep: [0, 1] })
  settled.when('b', { shares: 5 }).then({ keep: [2] })
  settled.when('c', { shares: 5 }).then({ keep: [3, 4] })
})

test('the order of releases makes no difference', () => {
  const first = given(renewed('a', 0, 1), renewed('b', 2, 3), renewed('c'))
  first.when('a', { shares: 4 }).then({ keep: [0, 1] })
  first.when('b', { shares: 4 }).then({ keep: [2], giveBack: [3] })
})

test('the shares of a member that left or expired are free', () => {
  given(renewed('a', 0), renewed('b', 1), left('b'))
    .when('a', { shares: 2 })
    .then({ keep: [0], take: [1] })
  given(renewed('b', 1), renewed('a', 0))
    .when('a', { shares: 2, lasts: 1 })
    .then({ keep: [0], take: [1] })
})

test('a share that was taken from a member no longer belongs to it when it comes back', () => {
  const taken = given(renewed('a', 0, 1), renewed('b', 1, 2))
  taken.when('a', { shares: 4 }).then({ keep: [0], take: [3] })
})

test('a member of a desk with more shares does not disturb one with fewer', () => {
  given(renewed('a', 0, 1, 63))
    .when('a', { shares: 2 })
    .then({ keep: [0, 1] })
})

/**
 * A world of members with a stream between them: time passes, members come, stop, wake and tick, each deciding from the
 * events that it has read.
 */
const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('tick' as const), member: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), time: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), member: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), member: fc.nat(4) }) },
)

test('no share ever has two holders; and in a calm state all shares are held, in equal numbers', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(anyStep, { maxLength: 80 }), (shares, steps) => {
      const world = worldOf(shares)
      for (const step of steps) {
        if (step.kind === 'tick') world.tick(step.member)
        else if (step.kind === 'pass') world.pass(step.time)
        else if (step.kind === 'stop') world.stop(step.member)
        else world.leave(step.member)
        world.expectNoneHeldTwice()
      }

      world.calm()
      const held = world.held()
      expect(held.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: shares }, (_, share) => share))
      const sizes = held.map(({ length }) => length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)

      world.round()
      world.round()
      expect(world.held()).toEqual(held)
    }),
    { numRuns: 500 },
  )
})

const LASTS = 10

function worldOf(shares: number) {
  const stream: LeaseEvent[] = []
  let now = 0
  const fresh = (name: string) => ({ name, read: 0, members: new Map() as Members, held: [] as number[], until: 0 })
  let members = ['a', 'b', 'c'].map(fresh)
  const stopped: typeof members = []
  const at = (index: number) => members[index % members.length]
  const heldBy = ({ held, until }: ReturnType<typeof fresh>) => (now < until ? held : [])

  const world = {
    pass(time: number): void {
      now += time
    },

    tick(index: number): void {
      const me = at(index)
      if (!me) return
      for (; me.read < stream.length; me.read++) {
        me.members = evolve(me.members, stream[me.read] as LeaseEvent, now)
      }
      const seen = living(me.members, me.name, now - LASTS)
      const { keep, take, watches } = divide(seen, me.name, { shares, holds: (share) => heldBy(me).includes(share) })
      if (watches) return
      const hold = [...keep, ...take]
      stream.push(renewed(me.name, ...hold))
      me.held = hold
      me.until = now + LASTS
    },

    /** It falls silent, and another one is started in its place. */
    stop(index: number): void {
      const gone = at(index)
      if (gone) stopped.push(gone)
      members = members.map((member) => (member === gone ? fresh(`${member.name}'`) : member))
    },

    leave(index: number): void {
      const gone = at(index)
      if (!gone || members.length === 1) return
      stream.push(left(gone.name))
      members = members.filter((member) => member !== gone)
    },

    round(): void {
      for (const index of members.keys()) world.tick(index)
      now += 1
    },

    calm(): void {
      for (let count = 0; count < 2 * LASTS + 10; count++) world.round()
    },

    held: () => members.map((member) => [...heldBy(member)].sort((a, b) => a - b)),

    expectNoneHeldTwice(): void {
      const held = [...members, ...stopped].flatMap(heldBy)
      expect(new Set(held).size).toBe(held.length)
    },
  }
  return world
}

function renewed(holder: string, ...shares: number[]): LeaseEvent {
  return { type: 'LeaseRenewed', data: { lease: 'work', holder, shares } }
}

function left(holder: string): LeaseEvent {
  return { type: 'LeaseReleased', data: { lease: 'work', holder } }
}

/** Members after the given events, seen one after the other, a moment apart. */
function given(...events: LeaseEvent[]) {
  let members: Members = new Map()
  for (const [moment, event] of events.entries()) members = evolve(members, event, moment)
  return {
    when(
      me: string,
      { shares, holds, lasts = events.length + 1 }: { shares: number; holds?: number[]; lasts?: number },
    ) {
      const alive = living(members, me, events.length - 1 - lasts)
      const division = divide(alive, me, { shares, holds: (share) => holds?.includes(share) ?? true })
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it.
        then(expected: Partial<Division>): void {
          expect(division).toEqual({ keep: [], giveBack: [], take: [], watches: false, ...expected })
        },
      }
    },
  }
}
