// The faults of the moment: troubles that last for a while and strike some of the work that is done meanwhile.
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Every trouble, in the words of a story: "for two seconds …". */
export const troubles = {
  'log away': 'the log cannot be reached',
  'append lost': 'appends are lost on their way, and nobody knows',
  'append unheard': 'appends are stored, and the answers are lost',
  'append late': 'appends are given up and arrive long after that',
  'log slow': 'the log takes its time',
  'command lost': 'commands are lost on their way',
  'command unheard': 'commands are handled, and the answers are lost',
  'command twice': 'commands arrive twice, the second time much later',
  'command astray': 'commands go to whichever handler',
  'commands slow': 'commands take their time',
  'views away': 'the views cannot be reached',
  'write torn': 'writes to the views break off in the middle',
  'write unheard': 'writes to the views are done, and the answers are lost',
  'write late': 'writes to the views are given up and arrive long after that',
  'write twice': 'writes to the views arrive twice, the second time much later',
  'views slow': 'the views take their time',
  'hint lost': 'hints that the views have moved are lost',
} as const

export type Trouble = keyof typeof troubles

export interface Weather {
  /** A trouble begins: for so many milliseconds it strikes with these odds. */
  begin(trouble: Trouble, lasts: number, odds: number): void
  /** From now on everything goes well. */
  clear(): void
  /** @param what is being done: the same in each run of the same plan, also when other steps are left out of it */
  strikes(trouble: Trouble, what: string): boolean
  /** As long as a message is on its way. */
  way(what: string, slow: Trouble): Promise<void>
  /** Much later: when nobody waits for it any more. */
  muchLater(what: string, work: () => Promise<unknown>): void
}

export function openWeather(time: VirtualTime, random: (key: string) => Random): Weather {
  let open: { trouble: Trouble; until: number; odds: number }[] = []

  const strikes = (trouble: Trouble, what: string) => {
    open = open.filter(({ until }) => until > time.now())
    return open.some((one) => one.trouble === trouble && random(`${trouble} ${what}`).chance(one.odds))
  }

  return {
    begin: (trouble, lasts, odds) => void open.push({ trouble, until: time.now() + lasts, odds }),
    clear() {
      open = []
    },
    strikes,
    way(what, slow) {
      const usual = random(`way of ${what}`).between(0.1, 4)
      return time.pass(strikes(slow, what) ? usual * random(`way of ${what}`).between(5, 500) : usual)
    },
    muchLater(what, work) {
      void time
        .pass(random(`later ${what}`).between(5, 4_000))
        .then(work)
        .catch(() => {}) // Nobody waits for it any more.
    },
  }
}
